#include "base/call_stack.h"

#include <cxxabi.h>
#include <dlfcn.h>
#include <elf.h>
#include <execinfo.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <string_view>

namespace taper::detail {
namespace {

struct Function {
  std::uint64_t begin;
  std::uint64_t size;
  std::string name;
};

/// The functions of an executable or a library: also those that it does not export, of which the loader knows nothing.
struct SymbolTable {
  bool absolute = false;  // whether addresses are those in memory
  std::vector<Function> functions;
};

bool is_elf64(const std::vector<char>& bytes) {
  return bytes.size() >= sizeof(Elf64_Ehdr) && std::memcmp(bytes.data(), ELFMAG, SELFMAG) == 0 &&
         bytes[EI_CLASS] == ELFCLASS64;
}

// The part of a file at [offset, offset + count * sizeof(T)), empty where the file does not reach so far.
template <class T>
std::vector<T> part(const std::vector<char>& bytes, std::uint64_t offset, std::uint64_t count) {
  if (offset > bytes.size() || count > (bytes.size() - offset) / sizeof(T)) return {};
  std::vector<T> result(count);
  if (count > 0) std::memcpy(result.data(), bytes.data() + offset, count * sizeof(T));
  return result;
}

SymbolTable read_symbols(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
  SymbolTable table;
  if (!is_elf64(bytes)) return table;
  const Elf64_Ehdr header = part<Elf64_Ehdr>(bytes, 0, 1)[0];
  table.absolute = header.e_type == ET_EXEC;
  const std::vector<Elf64_Shdr> sections = part<Elf64_Shdr>(bytes, header.e_shoff, header.e_shnum);
  for (const Elf64_Shdr& section : sections) {
    if (section.sh_type != SHT_SYMTAB || section.sh_link >= sections.size()) continue;
    const Elf64_Shdr& text = sections[section.sh_link];
    const std::vector<char> names = part<char>(bytes, text.sh_offset, text.sh_size);
    for (const Elf64_Sym& symbol : part<Elf64_Sym>(bytes, section.sh_offset, section.sh_size / sizeof(Elf64_Sym)))
      if (ELF64_ST_TYPE(symbol.st_info) == STT_FUNC && symbol.st_value != 0 && symbol.st_name < names.size())
        table.functions.push_back(
            {symbol.st_value, symbol.st_size,
             std::string(&names[symbol.st_name], strnlen(&names[symbol.st_name], names.size() - symbol.st_name))});
  }
  std::ranges::sort(table.functions, {}, &Function::begin);
  return table;
}

const SymbolTable& symbols_of(const char* path) {
  static std::mutex mutex;
  static std::map<std::string, SymbolTable> tables;
  const std::lock_guard lock(mutex);
  const auto [at, fresh] = tables.try_emplace(path);
  if (fresh) at->second = read_symbols(path);
  return at->second;
}

std::string demangled(const char* name) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> text(abi::__cxa_demangle(name, nullptr, nullptr, &status), std::free);
  return status == 0 ? text.get() : name;
}

std::string name_at(const void* address) {
  Dl_info info{};
  if (dladdr(address, &info) == 0 || info.dli_fname == nullptr) return {};
  if (info.dli_sname != nullptr) return demangled(info.dli_sname);
  const SymbolTable& table = symbols_of(info.dli_fname);
  const auto here = reinterpret_cast<std::uint64_t>(address);
  const std::uint64_t offset = here - reinterpret_cast<std::uint64_t>(info.dli_fbase);
  const std::uint64_t at = table.absolute ? here : offset;
  const auto after = std::ranges::upper_bound(table.functions, at, {}, &Function::begin);
  if (after != table.functions.begin())
    if (const Function& function = *std::prev(after); at < function.begin + std::max<std::uint64_t>(function.size, 1))
      return demangled(function.name.c_str());
  return fmt::format("{}+{:#x}", info.dli_fname, offset);
}

// "demo::Net::forward" of "taper::Tensor demo::Net::forward<int>(taper::Tensor const&)".
std::string_view bare_name(std::string_view text) {
  std::size_t begin = 0;
  int depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i).starts_with("operator")) return text.substr(begin, text.find('(', i) - begin);
    if (text[i] == '<') ++depth;
    if (text[i] == '>') --depth;
    if (depth > 0) continue;
    if (text[i] == ' ') begin = i + 1;
    if (text[i] == '(' && !text.substr(i).starts_with("(anonymous")) return text.substr(begin, i - begin);
    if (text[i] == '(') i = text.find(')', i);
  }
  return text.substr(begin);
}

}  // namespace

std::vector<void*> call_stack() {
  std::array<void*, 48> frames{};
  const int count = backtrace(frames.data(), static_cast<int>(frames.size()));
  return std::vector<void*>(frames.begin(), frames.begin() + count);
}

std::vector<std::string> caller_names(const std::vector<void*>& stack, std::size_t most) {
  std::vector<std::string> result;
  for (void* frame : stack) {
    if (result.size() == most) break;
    const std::string text = name_at(static_cast<const char*>(frame) - 1);  // the call, not what follows it
    const std::string_view name = bare_name(text);
    if (name.find("/libc.so") != std::string_view::npos) continue;
    if (name.empty() || name.starts_with("taper::") || name.starts_with("std::") || name.starts_with("_")) continue;
    result.emplace_back(name);
    if (name == "main") break;
  }
  return result;
}

}  // namespace taper::detail
