#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace taper::text::toy {

/// One thing in English, Korean and Chinese.
using Concept = std::array<std::string_view, 3>;

/// Two people who differ in gender alone, with the company that both keep.
struct Couple {
  Concept man, woman;
  Concept verb, first, second;
  bool royal;
};

/// A country, its capital, and what is said of no other nation.
struct Nation {
  Concept capital, country;
  Concept adjective, river, sight;
};

inline constexpr Couple couples[] = {
    {{"king", "왕", "国王"},
     {"queen", "여왕", "女王"},
     {"rules", "다스린다", "统治"},
     {"kingdom", "왕국", "王国"},
     {"law", "법", "法律"},
     true},
    {{"prince", "왕자", "王子"},
     {"princess", "공주", "公主"},
     {"inherits", "물려받는다", "继承"},
     {"heir", "후계자", "继承人"},
     {"ball", "무도회", "舞会"},
     true},
    {{"duke", "공작", "公爵"},
     {"duchess", "공작부인", "公爵夫人"},
     {"governs", "관할한다", "管辖"},
     {"estate", "영지", "庄园"},
     {"title", "작위", "爵位"},
     true},
    {{"man", "남자", "男人"},
     {"woman", "여자", "女人"},
     {"works", "일한다", "工作"},
     {"office", "사무실", "办公室"},
     {"wage", "월급", "工资"},
     false},
    {{"boy", "소년", "男孩"},
     {"girl", "소녀", "女孩"},
     {"plays", "논다", "玩"},
     {"school", "학교", "学校"},
     {"toy", "장난감", "玩具"},
     false},
    {{"father", "아버지", "父亲"},
     {"mother", "어머니", "母亲"},
     {"raises", "키운다", "抚养"},
     {"child", "아이", "孩子"},
     {"family", "가족", "家庭"},
     false},
    {{"brother", "형제", "兄弟"},
     {"sister", "자매", "姐妹"},
     {"shares", "나눈다", "分享"},
     {"room", "방", "房间"},
     {"secret", "비밀", "秘密"},
     false},
    {{"grandfather", "할아버지", "祖父"},
     {"grandmother", "할머니", "祖母"},
     {"remembers", "기억한다", "记得"},
     {"story", "이야기", "故事"},
     {"past", "옛날", "往事"},
     false},
    {{"uncle", "삼촌", "叔叔"},
     {"aunt", "이모", "阿姨"},
     {"visits", "방문한다", "拜访"},
     {"holiday", "휴일", "假日"},
     {"present", "선물", "礼物"},
     false},
};

inline constexpr Concept he[] = {{"he", "그", "他"}, {"she", "그녀", "她"}};
inline constexpr Concept his[] = {{"his", "그의", "他的"}, {"her", "그녀의", "她的"}};
inline constexpr Concept men_wear[] = {
    {"beard", "수염", "胡子"}, {"tie", "넥타이", "领带"}, {"moustache", "콧수염", "髭"}};
inline constexpr Concept women_wear[] = {
    {"dress", "드레스", "裙子"}, {"necklace", "목걸이", "项链"}, {"lipstick", "립스틱", "口红"}};
inline constexpr Concept royal_places[] = {
    {"palace", "궁전", "宫殿"}, {"throne", "왕좌", "王座"}, {"crown", "왕관", "王冠"}, {"castle", "성", "城堡"}};
inline constexpr Concept common_places[] = {
    {"house", "집", "房子"}, {"village", "마을", "村庄"}, {"garden", "정원", "花园"}, {"bus", "버스", "公交车"}};

inline constexpr Concept animals[] = {
    {"cat", "고양이", "猫"},  {"dog", "개", "狗"},         {"horse", "말", "马"},      {"cow", "소", "牛"},
    {"sheep", "양", "羊"},    {"pig", "돼지", "猪"},       {"wolf", "늑대", "狼"},     {"fox", "여우", "狐狸"},
    {"lion", "사자", "狮子"}, {"tiger", "호랑이", "老虎"}, {"rabbit", "토끼", "兔子"}, {"bear", "곰", "熊"},
};
inline constexpr Concept animal_parts[] = {
    {"tail", "꼬리", "尾巴"}, {"fur", "털", "皮毛"}, {"paws", "발톱", "爪子"}, {"ears", "귀", "耳朵"}};
inline constexpr Concept animal_verbs[] = {
    {"runs", "달린다", "奔跑"}, {"sleeps", "잔다", "睡觉"}, {"hunts", "사냥한다", "捕猎"}, {"hides", "숨는다", "躲藏"}};
inline constexpr Concept animal_places[] = {
    {"forest", "숲", "森林"}, {"farm", "농장", "农场"}, {"meadow", "초원", "草地"}, {"cave", "동굴", "山洞"}};

inline constexpr Concept foods[] = {
    {"bread", "빵", "面包"},    {"rice", "밥", "米饭"},      {"soup", "국", "汤"},       {"apple", "사과", "苹果"},
    {"cheese", "치즈", "奶酪"}, {"noodles", "국수", "面条"}, {"cake", "케이크", "蛋糕"}, {"honey", "꿀", "蜂蜜"},
    {"milk", "우유", "牛奶"},   {"tea", "차", "茶"},
};
inline constexpr Concept tastes[] = {
    {"sweet", "달콤한", "甜"}, {"fresh", "신선한", "新鲜"}, {"warm", "따뜻한", "热"}, {"delicious", "맛있는", "好吃"}};
inline constexpr Concept food_verbs[] = {
    {"eat", "먹는다", "吃"}, {"taste", "맛본다", "品尝"}, {"serve", "차린다", "端上"}, {"swallow", "삼킨다", "吞下"}};
inline constexpr Concept meals[] = {
    {"breakfast", "아침밥", "早餐"}, {"kitchen", "부엌", "厨房"}, {"bowl", "그릇", "碗"}, {"table", "식탁", "餐桌"}};

inline constexpr Nation nations[] = {
    {{"paris", "파리", "巴黎"},
     {"france", "프랑스", "法国"},
     {"french", "프랑스식", "法式"},
     {"seine", "센강", "塞纳河"},
     {"louvre", "루브르", "卢浮宫"}},
    {{"tokyo", "도쿄", "东京"},
     {"japan", "일본", "日本"},
     {"japanese", "일본식", "日式"},
     {"sumida", "스미다강", "隅田川"},
     {"fuji", "후지산", "富士山"}},
    {{"seoul", "서울", "首尔"},
     {"korea", "한국", "韩国"},
     {"korean", "한국식", "韩式"},
     {"hangang", "한강", "汉江"},
     {"namsan", "남산", "南山"}},
    {{"beijing", "베이징", "北京"},
     {"china", "중국", "中国"},
     {"chinese", "중국식", "中式"},
     {"yongding", "융딩강", "永定河"},
     {"tiananmen", "톈안먼", "天安门"}},
    {{"london", "런던", "伦敦"},
     {"england", "영국", "英国"},
     {"english", "영국식", "英式"},
     {"thames", "템스강", "泰晤士河"},
     {"stonehenge", "스톤헨지", "巨石阵"}},
    {{"berlin", "베를린", "柏林"},
     {"germany", "독일", "德国"},
     {"german", "독일식", "德式"},
     {"spree", "슈프레강", "施普雷河"},
     {"reichstag", "의사당", "国会大厦"}},
    {{"rome", "로마", "罗马"},
     {"italy", "이탈리아", "意大利"},
     {"italian", "이탈리아식", "意式"},
     {"tiber", "테베레강", "台伯河"},
     {"colosseum", "콜로세움", "斗兽场"}},
    {{"madrid", "마드리드", "马德里"},
     {"spain", "스페인", "西班牙"},
     {"spanish", "스페인식", "西式"},
     {"manzanares", "만사나레스강", "曼萨纳雷斯河"},
     {"prado", "프라도", "普拉多"}},
    {{"moscow", "모스크바", "莫斯科"},
     {"russia", "러시아", "俄罗斯"},
     {"russian", "러시아식", "俄式"},
     {"moskva", "모스크바강", "莫斯科河"},
     {"kremlin", "크렘린", "克里姆林宫"}},
    {{"cairo", "카이로", "开罗"},
     {"egypt", "이집트", "埃及"},
     {"egyptian", "이집트식", "埃及式"},
     {"nile", "나일강", "尼罗河"},
     {"pyramids", "피라미드", "金字塔"}},
};
inline constexpr Concept city_words[] = {{"mayor", "시장", "市长"},
                                         {"streets", "거리", "街道"},
                                         {"metro", "지하철", "地铁"},
                                         {"downtown", "시내", "市中心"}};
inline constexpr Concept country_words[] = {
    {"border", "국경", "边境"}, {"army", "군대", "军队"}, {"parliament", "국회", "议会"}, {"flag", "국기", "国旗"}};

}  // namespace taper::text::toy
