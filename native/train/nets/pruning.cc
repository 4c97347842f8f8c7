#include "native/train/nets/pruning.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace ag::train {
namespace {

using Channels = std::vector<int64_t>;

torch::Tensor Effective(const Affine& layer) {
  return layer.filter * layer.gamma.view({-1, 1, 1, 1});
}

// Norms of what writes each channel of the layer's output, and of what reads each of its input.
torch::Tensor Written(const Affine& layer) { return Effective(layer).square().sum({1, 2, 3}); }
torch::Tensor Read(const Affine& layer) { return Effective(layer).square().sum({0, 2, 3}); }

// The `count` channels of [first, end of weight) that weigh most, in ascending order.
Channels Heaviest(const torch::Tensor& weight, int64_t first, int64_t count) {
  const torch::Tensor values = weight.to(torch::kFloat64).contiguous();
  const double* value = values.data_ptr<double>();
  Channels channels(static_cast<size_t>(values.numel() - first));
  std::iota(channels.begin(), channels.end(), first);
  std::stable_sort(channels.begin(), channels.end(),
                   [value](int64_t a, int64_t b) { return value[a] > value[b]; });
  channels.resize(static_cast<size_t>(count));
  std::sort(channels.begin(), channels.end());
  return channels;
}

void Select(const Channels& out, const Channels& in, Affine* layer) {
  const torch::Tensor o = torch::tensor(out), i = torch::tensor(in);
  layer->filter = layer->filter.index_select(0, o).index_select(1, i);
  layer->gamma = layer->gamma.index_select(0, o);
  layer->beta = layer->beta.index_select(0, o);
}

class Thinning {
 public:
  Thinning(const RecognitionNet& net, AffineMap* layers) : net_(net), layers_(*layers) {}

  StatusOr<Channels> Run() {
    AG_RETURN_IF_ERROR(CheckLayers());
    Channels stream = StageChannels(0, {}, Stem().filter.size(0), net_.stem->conv->weight.size(0));
    Channels colours(3);
    std::iota(colours.begin(), colours.end(), 0);
    Select(stream, colours, &Stem());
    for (size_t b = 0; b < net_.blocks.size(); ++b) stream = ThinBlock(b, std::move(stream));
    return stream;
  }

 private:
  Affine& Stem() { return layers_.at("conv32_down"); }
  Affine& Conv(size_t block, const char* which) {
    return layers_.at(net_.blocks[block].name + which);
  }

  // Layer by layer: the net's window, channels that fit together, none too few.
  Status CheckLayers() const {
    int64_t in = 3, kept = 3;  // channels that run into a layer, in the wide net and in this one
    int64_t stream = 0, stream_kept = 0;
    for (const NamedConvNorm& named : net_.conv_norms()) {
      const auto found = layers_.find(named.name);
      if (found == layers_.end()) {
        return Status(Code::kModelShape, "layer '" + named.name + "' is missing");
      }
      const torch::Tensor& filter = found->second.filter;
      const torch::Tensor& wanted = named.layer->conv->weight;
      bool fits = filter.dim() == 4 && filter.sizes().slice(2) == wanted.sizes().slice(2) &&
                  filter.size(1) == in && wanted.size(1) == kept &&
                  filter.size(0) >= wanted.size(0);
      in = fits ? filter.size(0) : 0;
      kept = wanted.size(0);
      if (!named.name.ends_with("/conv1")) {
        // The sum of a block has its input's channels and, at most once a stage, more.
        fits = fits && in - stream >= kept - stream_kept && in >= stream;
        stream = in;
        stream_kept = kept;
      }
      if (!fits) return Status(Code::kModelShape, "layer '" + named.name + "' has another shape");
    }
    return OkStatus();
  }

  // The channels along the shortcuts of the stage that begins with block `first` (0: of the stem).
  Channels StageChannels(size_t first, Channels before, int64_t of, int64_t wanted) {
    torch::Tensor written = torch::zeros({of}, torch::kFloat64), read = written.clone();
    if (before.empty()) written += Written(Stem());
    for (size_t b = first; b < net_.blocks.size(); ++b) {
      const bool reads_only = net_.blocks[b].block->down && b != first;
      if (!(net_.blocks[b].block->down && b == first && !before.empty())) {
        read += Read(Conv(b, "/conv1"));
      }
      if (reads_only) break;
      written += Written(Conv(b, "/conv2"));
    }
    const auto inherited = static_cast<int64_t>(before.size());
    // Those that nothing reads (the last stage's) weigh by what writes them.
    const torch::Tensor weight = read.sum().item<double>() > 0 ? written * read : written;
    const Channels more = Heaviest(weight, before.empty() ? 0 : before_of_, wanted - inherited);
    before.insert(before.end(), more.begin(), more.end());
    before_of_ = of;
    return before;
  }

  Channels ThinBlock(size_t b, Channels in) {
    const RecognitionNet::NamedBlock& named = net_.blocks[b];
    Affine& first = Conv(b, "/conv1");
    Affine& second = Conv(b, "/conv2");
    Channels out = in;
    if (const int64_t wanted = named.block->second->conv->weight.size(0);
        named.block->down && wanted > static_cast<int64_t>(in.size())) {
      out = StageChannels(b, in, second.filter.size(0), wanted);
    }
    const Channels inner =
        Heaviest(Written(first) * Read(second), 0, named.block->first->conv->weight.size(0));
    Select(inner, in, &first);
    Select(out, inner, &second);
    return out;
  }

  const RecognitionNet& net_;
  AffineMap& layers_;
  int64_t before_of_ = 0;  // channels of the stage before, in the wide net
};

}  // namespace

StatusOr<std::vector<int64_t>> ThinTo(const RecognitionNet& net, AffineMap* layers) {
  const torch::NoGradGuard no_grad;
  return Thinning(net, layers).Run();
}

}  // namespace ag::train
