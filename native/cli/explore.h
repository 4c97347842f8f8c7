// `ag_native explore DATA --out DIR`: what a data set looks like before anything is trained on it.
#pragma once

namespace ag {

// Writes into DIR, each file through a temporary name and rename:
//   index.html          everything in one page: no script, no request to anywhere
//   ages.svg            pictures by year of age; ages_by_gender.svg the same for each gender
//   gender.svg group.svg  pictures by gender, and by group (race in UTKFace) and gender
//   samples.svg         a grid of pictures with age and gender
//   table.csv           path, age (`lo-hi` where only a range is known), gender, race; one row per
//                       picture
// Progress and warnings go to stderr, nothing to stdout.
//
// `argv[0]` is ignored; the arguments follow it. Returns the exit code: 0; 1 if something could not
// be made (a full disk, no picture readable), while the rest still is; 2 for wrong
// usage or a data set without pictures. Single pictures that cannot be read are replaced by others and
// listed; they do not change the exit code.
int RunExplore(int argc, char** argv);

}  // namespace ag
