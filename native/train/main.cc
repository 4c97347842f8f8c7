#include "native/train/app.h"

int main(int argc, char** argv) { return ag::train::RunTrain(argc, argv); }
