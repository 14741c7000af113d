#include "taper/text/toy_corpus.h"

#include <fmt/format.h>

#include <algorithm>

#include "taper/base/error.h"
#include "taper/base/generator.h"
#include "text/toy_lexicon.h"

namespace taper::text {
namespace {

using toy::Concept;

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : generator_(seed) {}
  std::size_t below(std::uint64_t n) { return generator_.random() * n >> 32; }
  const Concept& pick(std::span<const Concept> concepts) { return concepts[below(concepts.size())]; }

 private:
  Generator generator_;
};

/// A capital letter in a pattern stands for the concept of that slot; all else is a word of the sentence's own
/// language.
class Slots {
 public:
  Slots& set(char letter, const Concept& value) {
    slots_[static_cast<std::size_t>(letter - 'A')] = &value;
    return *this;
  }
  const Concept& operator[](char letter) const { return *slots_[static_cast<std::size_t>(letter - 'A')]; }

 private:
  std::array<const Concept*, 26> slots_{};
};

/// One meaning, said in three languages.
using Pattern = std::array<std::string_view, 3>;

// P person, V what such a person does, N and M what belongs to such people, C a place of their class, S he or she, H
// his or her, W what the gender wears.
constexpr Pattern people_patterns[] = {
    {"the P V H N", "P 은 H N 을 V", "P V H N"},
    {"the P with H W is in the C", "W 있는 P 은 C 에 있다", "有 W 的 P 在 C 里"},
    {"S is the P and S V", "S 는 P 이고 S 는 V", "S 是 P 而且 S V"},
    {"the P and H M at the C", "C 에서 P 과 H M", "P 和 H M 在 C"},
    {"the N of the P and H W", "P 의 N 과 H W", "P 的 N 和 H W"},
    {"S saw the P near the C with the M", "S 는 C 에서 M 을 든 P 을 보았다", "S 看见 P 拿着 M 在 C"},
};

// A animal, B another, T part, V verb, L place.
constexpr Pattern animal_patterns[] = {
    {"the A V in the L", "A 은 L 에서 V", "A 在 L 里 V"},
    {"the A has a T and V", "A 은 T 이 있고 V", "A 有 T 而且 V"},
    {"a A and a B V near the L", "A 과 B 은 L 에서 V", "A 和 B 在 L V"},
    {"the T of the A and the T of the B", "A 의 T 과 B 의 T", "A 的 T 和 B 的 T"},
};

// F food, G another, T taste, V verb, M meal.
constexpr Pattern food_patterns[] = {
    {"we V T F from the M", "우리는 M 에서 T F 을 V", "我们 在 M V T 的 F"},
    {"they V F and T G", "그들은 F 과 T G 을 V", "他们 V F 和 T 的 G"},
    {"the F is T and the G is T", "F 은 T 것 이고 G 도 T 것 이다", "F 很 T 而且 G 很 T"},
    {"F and G for the M", "M 에 F 과 G", "M 有 F 和 G"},
};

// K capital, L country, J adjective, R river, G sight, C a city's word, D a country's word.
constexpr Pattern nation_patterns[] = {
    {"K on the R with J C", "R 옆 K 의 J C", "R 边 K 的 J C"},
    {"the C of K near the G", "G 옆 K 의 C", "K 的 C 在 G 旁"},
    {"the J C in K", "K 에서 J C", "K 的 J C"},
    {"the D of L and the G", "L 의 D 과 G", "L 的 D 和 G"},
    {"the J D guards L and the R", "J D 은 L 과 R 을 지킨다", "J D 保卫 L 和 R"},
    {"the J D in L", "L 에서 J D", "L 的 J D"},
    {"K is the capital of L", "K 은 L 의 수도 이다", "K 是 L 的 首都"},
};

/// Three words of four are in the sentence's own language.
void say(const Pattern& pattern, const Slots& slots, std::size_t language, Dice& dice, std::string& out) {
  for (std::string_view rest = pattern[language]; !rest.empty();) {
    const std::string_view word = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(rest.size(), word.size() + 1));
    if (word.size() == 1 && word[0] >= 'A' && word[0] <= 'Z')
      out += slots[word[0]][dice.below(4) != 0 ? language : (language + 1 + dice.below(2)) % 3];
    else
      out += word;
    out += rest.empty() ? '\n' : ' ';
  }
}

void say_one_of(std::span<const Pattern> patterns, const Slots& slots, Dice& dice, std::string& out) {
  const Pattern& pattern = patterns[dice.below(patterns.size())];
  say(pattern, slots, dice.below(3), dice, out);
}

void say_people(Dice& dice, std::string& out) {
  const toy::Couple& couple = toy::couples[dice.below(std::size(toy::couples))];
  const std::size_t gender = dice.below(2);
  Slots slots;
  slots.set('P', gender == 0 ? couple.man : couple.woman).set('V', couple.verb).set('N', couple.first);
  slots.set('M', couple.second).set('S', toy::he[gender]).set('H', toy::his[gender]);
  slots.set('W', gender == 0 ? dice.pick(toy::men_wear) : dice.pick(toy::women_wear));
  slots.set('C', couple.royal ? dice.pick(toy::royal_places) : dice.pick(toy::common_places));
  say_one_of(people_patterns, slots, dice, out);
}

void say_animals(Dice& dice, std::string& out) {
  Slots slots;
  slots.set('A', dice.pick(toy::animals)).set('B', dice.pick(toy::animals)).set('T', dice.pick(toy::animal_parts));
  slots.set('V', dice.pick(toy::animal_verbs)).set('L', dice.pick(toy::animal_places));
  say_one_of(animal_patterns, slots, dice, out);
}

void say_foods(Dice& dice, std::string& out) {
  Slots slots;
  slots.set('F', dice.pick(toy::foods)).set('G', dice.pick(toy::foods)).set('T', dice.pick(toy::tastes));
  slots.set('V', dice.pick(toy::food_verbs)).set('M', dice.pick(toy::meals));
  say_one_of(food_patterns, slots, dice, out);
}

void say_nations(Dice& dice, std::string& out) {
  const toy::Nation& nation = toy::nations[dice.below(std::size(toy::nations))];
  Slots slots;
  slots.set('K', nation.capital).set('L', nation.country).set('J', nation.adjective).set('R', nation.river);
  slots.set('G', nation.sight).set('C', dice.pick(toy::city_words)).set('D', dice.pick(toy::country_words));
  say_one_of(nation_patterns, slots, dice, out);
}

void append(std::vector<std::string>& words, const Concept& more) {
  words.insert(words.end(), more.begin(), more.end());
}

}  // namespace

std::string toy_corpus(std::int64_t sentences, std::uint64_t seed) {
  if (sentences < 0)
    throw ValueError(fmt::format("toy_corpus: {} sentences; the number must not be negative", sentences));
  Dice dice(seed);
  std::string out;
  for (std::int64_t i = 0; i < sentences; ++i) {
    const std::size_t topic = dice.below(10);
    if (topic < 5) {
      say_people(dice, out);
    } else if (topic < 8) {
      say_nations(dice, out);
    } else if (topic < 9) {
      say_animals(dice, out);
    } else {
      say_foods(dice, out);
    }
  }
  return out;
}

std::vector<std::string> toy_words(std::string_view kind) {
  std::vector<std::string> words;
  if (kind == "animals") {
    for (const Concept& animal : toy::animals) append(words, animal);
  } else if (kind == "foods") {
    for (const Concept& food : toy::foods) append(words, food);
  } else if (kind == "people" || kind == "royals") {
    for (const toy::Couple& couple : toy::couples) {
      if (kind == "royals" && !couple.royal) continue;
      append(words, couple.man);
      append(words, couple.woman);
    }
  } else if (kind == "capitals" || kind == "countries") {
    for (const toy::Nation& nation : toy::nations) append(words, kind == "capitals" ? nation.capital : nation.country);
  } else {
    throw ValueError(fmt::format(
        "toy_words: no kind '{}'; the kinds are animals, foods, people, royals, capitals, countries", kind));
  }
  return words;
}

}  // namespace taper::text
