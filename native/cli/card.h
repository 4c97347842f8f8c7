// ag_native card: the model card, as Markdown and JSON, from reports of `eval --report`.
#pragma once

namespace ag {

// argv[0] is "card". Returns the exit code.
int RunCard(int argc, char** argv);

}  // namespace ag
