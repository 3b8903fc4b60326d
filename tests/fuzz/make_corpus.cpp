// Writes the seed corpus: make_corpus FOLDER. Run it after a format has grown, and commit what changed.
#include "entries.hpp"
#include <cstdio>
#include <filesystem>
#include <fstream>

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: make_corpus FOLDER (tests/fuzz/corpus)\n", stderr);
    return 64;
  }
  std::filesystem::path folder{argv[1]};
  for (const auto& [entry, files] : wardline::fuzz::make_seeds()) {
    std::filesystem::create_directories(folder / entry);
    for (const auto& [name, raw] : files) {
      std::ofstream out{folder / entry / name, std::ios::binary};
      out.write(reinterpret_cast<const char*>(raw.data()), static_cast<std::streamsize>(raw.size()));
      if (!out.flush()) {
        std::fprintf(stderr, "cannot write %s\n", (folder / entry / name).c_str());
        return 74;
      }
    }
  }
  return 0;
}
