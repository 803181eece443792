#include <exception>
#include <iostream>

#include "cli/command_line.h"

int main(int argc, char** argv) {
  try {
    return tidings::cli::run_command_line(argc, argv);
  } catch (const std::exception& error) {  // a bug or exhaustion: the last place to say so
    std::cerr << "tidings: " << error.what() << "\n";
    return static_cast<int>(tidings::cli::ExitCode::failure);
  }
}
