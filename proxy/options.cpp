#include "proxy/options.hpp"

#include "proxy/available_cpus.hpp"
#include "proxy/flag_values.hpp"
#include "proxy/flags.hpp"
#include "proxy/usage.hpp"
#include "proxy/version.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

namespace proxy {
namespace {

constexpr std::size_t max_shown_value = 80;

std::string dashed(std::string_view name) { return (name.size() == 1 ? "-" : "--") + std::string{name}; }

ParsedOptions only_text(Command command, std::string text) {
  ParsedOptions parsed;
  parsed.options.command = command;
  parsed.text = std::move(text);
  parsed.exit_code = 0;
  return parsed;
}

ParsedOptions fail(const std::string& what) { return {{}, "weir: " + what + "\nSee weir --help.\n", 2}; }

const Flag* find_flag(std::string_view name) {
  const auto flags = all_flags();
  const auto at = std::find_if(flags.begin(), flags.end(), [&](const Flag& flag) { return flag.name == name; });
  return at == flags.end() ? nullptr : &*at;
}

// What the user typed, fit for a message: short, and nothing that a terminal would obey.
std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text.substr(0, max_shown_value)) out += (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) ? '?' : c;
  return out + (text.size() > max_shown_value ? "...\"" : "\"");
}

// CLI11 takes the next word as the value of "--name=", but an empty value is one: a chart renders it from an empty setting.
std::vector<std::string> split_empty_values(std::vector<std::string> words) {
  std::vector<std::string> out;
  for (std::string& word : words) {
    const bool is_empty_value = word.starts_with("--") && word.size() > 3 && word.find('=') == word.size() - 1;
    if (!is_empty_value) {
      out.push_back(std::move(word));
      continue;
    }
    word.pop_back();
    const Flag* flag = find_flag(std::string_view{word}.substr(2));
    const bool takes_word = flag != nullptr && flag->kind == FlagKind::value;
    out.push_back(takes_word ? word : word + "=\"\"");  // a boolean refuses it by name
    if (takes_word) out.emplace_back();
  }
  return out;
}

struct Registered {
  const Flag* flag;
  CLI::Option* option;
};

std::vector<Registered> register_flags(CLI::App& app, Command command) {
  std::vector<Registered> all;
  for (const Flag& flag : all_flags()) {
    if (flag.group == FlagGroup::output && command != Command::check && command != Command::explain) continue;
    const std::string names = flag.name.size() == 1 ? "-" + std::string{flag.name} + ",--" + std::string{flag.name} : dashed(flag.name);
    CLI::Option* option = flag.kind == FlagKind::value ? app.add_option(names) : app.add_flag(names);
    option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    all.push_back({&flag, option});
  }
  return all;
}

std::optional<Command> command_of(std::string_view word) {
  if (word == "check") return Command::check;
  if (word == "explain") return Command::explain;
  if (word == "version") return Command::version;
  return std::nullopt;
}

// The directory that is meant by the name of one, or of a file in it; "" when there is neither.
std::string directory_of(const std::string& word) {
  std::error_code ignored;
  if (std::filesystem::is_directory(word, ignored)) return word;
  if (!std::filesystem::is_regular_file(word, ignored)) return "";
  const std::filesystem::path parent = std::filesystem::path{word}.parent_path();
  return parent.empty() ? "." : parent.string();
}

// The message for a word that names manifests; "" when it names none.
std::string explain_place(const std::string& word) {
  const std::string directory = directory_of(word);
  return directory.empty() ? "" : "unexpected word " + in_quotes(word) + "; a whole directory of manifests is read, with --manifests " + in_quotes(directory);
}

// The message for a word that no flag took.
std::string explain_leftover(const std::string& word) {
  if (command_of(word)) return "the command stands first: weir " + word + " ...";
  if (!word.starts_with('-')) {
    const std::string text = word == "true" || word == "false" ? "" : explain_place(word);
    return text.empty() ? "unexpected word " + in_quotes(word) + " (a boolean flag is --name or --name=false, one word)" : text;
  }
  const std::string name = word.substr(std::min(word.find_first_not_of('-'), word.size()));
  const std::string bare = name.substr(0, name.find('='));
  std::string text = "unknown flag " + in_quotes(word.substr(0, word.find('=')));
  if (word[1] != '-' && find_flag(bare) != nullptr) return text + "; it is written " + dashed(bare);
  if (const auto nearest = nearest_flag(bare); !nearest.empty()) text += "; the nearest one is " + dashed(nearest);
  return text;
}

// "" or what is wrong. Notes the flags that act not, or not yet.
std::string apply(const Registered& given, Options& options) {
  const Flag& flag = *given.flag;
  const std::string text = given.option->results().back();
  if (flag.kind == FlagKind::value && text.starts_with("--")) {
    return "flag " + dashed(flag.name) + " needs a value, but " + in_quotes(text) + " follows";
  }
  if (const std::string reason = flag.apply(options, text); !reason.empty()) {
    return "flag " + dashed(flag.name) + ": " + in_quotes(text) + " " + reason;
  }
  // Switched off, or empty: asks for nothing that we do not do.
  const bool asks_for_something = flag.kind == FlagKind::boolean ? parse_bool(text).value : !text.empty();
  if (flag.group == FlagGroup::ignored) options.ignored.push_back(dashed(flag.name));
  if (flag.group == FlagGroup::unsupported && asks_for_something) options.unsupported.push_back(dashed(flag.name));
  return {};
}

// What a parse error of CLI11 is about, in our words: it reaches us only for a value that is missing.
std::string explain(const CLI::ParseError& error) {
  const std::string text = error.what();
  return "flag " + text.substr(0, text.find_first_of(": ")) + " needs a value";
}

// The one word that is no flag, and the headers. "" or what is wrong, without repeating them: they may hold secrets.
std::string take_request(std::vector<std::string> words, std::vector<std::string> headers, ExplainOptions& asked) {
  const auto is_flag = [](const std::string& word) { return word.starts_with('-'); };
  if (const auto flag = std::find_if(words.begin(), words.end(), is_flag); flag != words.end()) return explain_leftover(*flag);
  if (words.empty()) return "explain needs a URL";
  if (words.size() > 1) return explain_leftover(words[1]);
  if (const std::string problem = problem_in_url(words[0]); !problem.empty()) return "the URL " + problem;
  for (const std::string& header : headers)
    if (const std::string problem = problem_in_header(header); !problem.empty()) return "flag -H: the header " + problem;
  asked = {std::move(words[0]), std::move(headers)};
  return {};
}

ParsedOptions parse_flags(Command command, std::vector<std::string> words) {
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  const auto registered = register_flags(app, command);
  std::vector<std::string> headers;
  if (command == Command::explain) app.add_option("-H,--header", headers)->expected(1)->allow_extra_args(false)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  const auto* help = app.add_flag("-h,--help");
  const auto* help_all = app.add_flag("--help-all");
  const auto* version_flag = app.add_flag("--version");
  std::reverse(words.begin(), words.end());  // as CLI11 wants them
  try {
    app.parse(std::move(words));
  } catch (const CLI::ParseError& error) {
    return fail(explain(error));
  }

  ParsedOptions parsed;
  parsed.options.command = command;
  if (help_all->count() > 0) return only_text(Command::help, every_flag());
  if (help->count() > 0) return only_text(Command::help, usage_of(command));
  if (version_flag->count() > 0 || command == Command::version) {
    return only_text(Command::version, "weir " + std::string{version()} + "\n");
  }
  if (command == Command::explain) {
    if (const std::string error = take_request(app.remaining(), std::move(headers), parsed.options.explain); !error.empty()) return fail(error);
  } else if (const auto leftovers = app.remaining(); !leftovers.empty()) {
    return fail(explain_leftover(leftovers.front()));
  }
  parsed.options.server.workers = available_cpus();
  for (const Registered& one : registered) {
    if (one.option->count() == 0) continue;
    if (const std::string error = apply(one, parsed.options); !error.empty()) return fail(error);
  }
  if (const std::string error = conflict_in(parsed.options); !error.empty()) return fail(error);
  return parsed;
}

}  // namespace

ParsedOptions parse_options(int argc, const char* const* argv) {
  std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  if (!words.empty() && words.back() == "--") words.pop_back();  // the end of the flags, as pflag has it
  Command command = Command::serve;
  if (!words.empty() && !words.front().starts_with('-')) {
    const std::string name = words.front();
    if (name == "help") return only_text(Command::help, overview());
    const auto named = command_of(name);
    if (const std::string text = named ? "" : explain_place(name); !text.empty()) return fail(text);
    if (!named) return fail("unknown command " + in_quotes(name) + "; there are check, explain and version");
    command = *named;
    words.erase(words.begin());
  }
  return parse_flags(command, split_empty_values(std::move(words)));
}

}  // namespace proxy
