#include "native/train/run/label_review.h"

#include <cmath>
#include <cstdio>

#include "native/data/label_text.h"
#include "native/train/nets/net.h"
#include "shared/base/csv.h"
#include "shared/base/file_name.h"

namespace ag::train {
namespace {

Gender GenderOf(const Example& example) { return static_cast<Gender>(example.gender); }

// The first bin at which the sum reaches `quantile`.
int Quantile(const float* p, double quantile) {
  double sum = 0;
  for (int bin = 0; bin < kAgeBins; ++bin) {
    sum += p[bin];
    if (sum >= quantile) return bin;
  }
  return kAgeBins - 1;
}

std::string AgeReason(const Example& example, const float* p) {
  double mass = 0, mean = 0;
  for (int bin = 0; bin < kAgeBins; ++bin) {
    mean += bin * p[bin];
    // Older people than the last bin belong to it.
    const double lo = std::fmin(example.age_lo, kAgeBins - 1) - kAgeTolerance;
    if (bin >= lo && bin <= example.age_hi + kAgeTolerance) mass += p[bin];
  }
  if (mass >= kLeastAgeMass) return "";
  char text[120];
  std::snprintf(text, sizeof(text), "age %s: the teachers say %.0f (%d to %d)",
                AgeField(example.age_lo, example.age_hi).c_str(), mean, Quantile(p, 0.05),
                Quantile(p, 0.95));
  return text;
}

std::string GenderReason(const Example& example, double p_female) {
  if (example.gender < 0 || example.age_hi < 3) return "";
  const bool female = GenderOf(example) == Gender::kFemale;
  const double p = female ? p_female : 1 - p_female;
  if (p >= kLeastGenderProbability) return "";
  char text[120];
  std::snprintf(text, sizeof(text), "gender %s: the teachers give it a probability of %.3f",
                GenderField(GenderOf(example)).c_str(), p);
  return text;
}

}  // namespace

std::vector<Doubt> FindDoubts(const TrainingData& data, const Lessons& lessons) {
  std::vector<Doubt> doubts;
  if (lessons.empty()) return doubts;
  const torch::Tensor age = lessons.age.cpu().contiguous(), female = lessons.female.cpu();
  const float* p = age.data_ptr<float>();
  const float* p_female = female.data_ptr<float>();
  for (size_t i = 0; i < data.train.size(); ++i, p += kAgeBins) {
    std::string reason = AgeReason(data.train[i], p);
    const std::string other = GenderReason(data.train[i], double{p_female[i]});
    if (!reason.empty() && !other.empty()) reason += "; ";
    reason += other;
    if (!reason.empty()) doubts.push_back({static_cast<uint32_t>(i), reason});
  }
  return doubts;
}

std::string ReviewCsv(const TrainingData& data, const std::vector<Doubt>& doubts) {
  FileColumn file;
  for (const Doubt& doubt : doubts) {
    file.Expect(data.samples[data.train[doubt.picture].crop].file);
  }
  std::string csv = file.Header() + ",age,gender,group,sha256,reason\n";
  for (const Doubt& doubt : doubts) {
    const Example& example = data.train[doubt.picture];
    const Sample& sample = data.samples[example.crop];
    csv += file.Fields(sample.file) + ',' + AgeField(example.age_lo, example.age_hi) + ',' +
           GenderField(GenderOf(example)) + ',' + CsvField(sample.group) + ',' +
           data.hashes[example.crop] + ',' + CsvField(doubt.reason) + '\n';
  }
  return csv;
}

}  // namespace ag::train
