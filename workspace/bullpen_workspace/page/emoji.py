"""Slack's emoji names as characters.

The rule it protects: a name that is not known stays visible as `:name:`, never as an empty box.
It deliberately does not know custom emoji, nor every name: the common ones are listed, and the
rest is looked up in Python's own Unicode names.
"""

import re
import unicodedata

NAME = re.compile(r":([a-z0-9_+'-]{1,60})(?:::skin-tone-[2-6])?:")

# Slack's short names that differ from the Unicode name of the character.
_NAMES = """
+1 👍 thumbsup 👍 -1 👎 thumbsdown 👎 ok_hand 👌 wave 👋 clap 👏 pray 🙏 muscle 💪 raised_hands 🙌
point_up ☝️ point_right 👉 point_left 👈 point_down 👇 v ✌️ crossed_fingers 🤞 handshake 🤝 eyes 👀
smile 😄 smiley 😃 grinning 😀 grin 😁 joy 😂 laughing 😆 rolling_on_the_floor_laughing 🤣 wink 😉
blush 😊 slightly_smiling_face 🙂 upside_down_face 🙃 heart_eyes 😍 sunglasses 😎 thinking_face 🤔
neutral_face 😐 expressionless 😑 unamused 😒 sweat_smile 😅 sweat 😓 cry 😢 sob 😭 scream 😱 flushed 😳
sleeping 😴 zipper_mouth_face 🤐 nerd_face 🤓 face_with_monocle 🧐 shrug 🤷 facepalm 🤦 salute 🫡
saluting_face 🫡 tada 🎉 confetti_ball 🎊 fire 🔥 100 💯 rocket 🚀 star ⭐ star2 🌟 sparkles ✨ zap ⚡
boom 💥 heart ❤️ broken_heart 💔 green_heart 💚 blue_heart 💙 purple_heart 💜 yellow_heart 💛
white_check_mark ✅ heavy_check_mark ✔️ ballot_box_with_check ☑️ x ❌ negative_squared_cross_mark ❎
warning ⚠️ no_entry ⛔ no_entry_sign 🚫 question ❓ exclamation ❗ bangbang ‼️ information_source ℹ️
bulb 💡 bell 🔔 no_bell 🔕 loudspeaker 📢 mega 📣 speech_balloon 💬 thought_balloon 💭 robot_face 🤖
bar_chart 📊 chart_with_upwards_trend 📈 chart_with_downwards_trend 📉 chart 💹 moneybag 💰 dollar 💵
euro 💶 yen 💴 pound 💷 money_with_wings 💸 credit_card 💳 bank 🏦 office 🏢 factory 🏭 oil_drum 🛢️
coin 🪙 gem 💎 scales ⚖️ abacus 🧮 straight_ruler 📏 triangular_ruler 📐 pushpin 📌 round_pushpin 📍
paperclip 📎 link 🔗 lock 🔒 unlock 🔓 key 🔑 mag 🔍 mag_right 🔎 microscope 🔬 telescope 🔭 test_tube 🧪
computer 💻 desktop_computer 🖥️ keyboard ⌨️ floppy_disk 💾 cd 💿 file_folder 📁 open_file_folder 📂
card_index_dividers 🗂️ card_file_box 🗃️ file_cabinet 🗄️ clipboard 📋 calendar 📆 date 📅 memo 📝
pencil ✏️ pencil2 ✏️ lower_left_ballpoint_pen 🖊️ page_facing_up 📄 newspaper 📰 book 📖 books 📚
bookmark 🔖 inbox_tray 📥 outbox_tray 📤 package 📦 email ✉️ envelope ✉️ hammer 🔨 wrench 🔧
hammer_and_wrench 🛠️ gear ⚙️ toolbox 🧰 nut_and_bolt 🔩 construction 🚧 building_construction 🏗️
classical_building 🏛️ art 🎨 lower_left_paintbrush 🖌️ frame_with_picture 🖼️ jigsaw 🧩 brain 🧠
crystal_ball 🔮 compass 🧭 world_map 🗺️ earth_americas 🌎 earth_africa 🌍 earth_asia 🌏
globe_with_meridians 🌐 hourglass ⌛ hourglass_flowing_sand ⏳ stopwatch ⏱️ timer_clock ⏲️
alarm_clock ⏰ clock1 🕐 arrows_counterclockwise 🔄 repeat 🔁 recycle ♻️ arrow_up ⬆️ arrow_down ⬇️
arrow_right ➡️ arrow_left ⬅️ arrow_upper_right ↗️ arrow_lower_right ↘️ rewind ⏪ fast_forward ⏩
red_circle 🔴 large_orange_circle 🟠 large_yellow_circle 🟡 large_green_circle 🟢 large_blue_circle 🔵
white_circle ⚪ black_circle ⚫ small_blue_diamond 🔹 small_orange_diamond 🔸 sunny ☀️ cloud ☁️
rain_cloud 🌧️ snowflake ❄️ ocean 🌊 seedling 🌱 evergreen_tree 🌲 coffee ☕ beer 🍺 beers 🍻 pizza 🍕
cake 🍰 birthday 🎂 trophy 🏆 medal 🏅 first_place_medal 🥇 dart 🎯 game_die 🎲 video_game 🎮
bug 🐛 ant 🐜 snail 🐌 turtle 🐢 rabbit 🐰 cat 🐱 dog 🐶 owl 🦉 ox 🐂 bear 🐻 whale 🐳 unicorn_face 🦄
lobster 🦞 crab 🦀 baseball ⚾ soccer ⚽ man-technologist 👨‍💻 woman-technologist 👩‍💻 technologist 🧑‍💻
scientist 🧑‍🔬 busts_in_silhouette 👥 bust_in_silhouette 👤 house 🏠 stadium 🏟️ airplane ✈️ car 🚗
ship 🚢 train 🚆 white_small_square ▫️ black_small_square ▪️ heavy_plus_sign ➕ heavy_minus_sign ➖
shield 🛡️ satellite 📡 electric_plug 🔌 battery 🔋 thermometer 🌡️ balance_scale ⚖️ label 🏷️
ledger 📒 notebook 📓 receipt 🧾 scroll 📜 mailbox 📫 gift 🎁 balloon 🎈 hand ✋ raised_hand ✋
raising_hand 🙋 see_no_evil 🙈 skull 💀 ghost 👻 alien 👽 hugging_face 🤗 relieved 😌 pensive 😔
"""


def _table() -> dict[str, str]:
    words = _NAMES.split()
    return dict(zip(words[::2], words[1::2], strict=True))


TABLE: dict[str, str] = _table()

# Offered by the reaction picker, in this order.
PICKER: tuple[str, ...] = (
    "+1",
    "-1",
    "white_check_mark",
    "x",
    "eyes",
    "pray",
    "raised_hands",
    "clap",
    "heart",
    "fire",
    "rocket",
    "tada",
    "100",
    "bulb",
    "thinking_face",
    "question",
    "warning",
    "bangbang",
    "chart_with_upwards_trend",
    "chart_with_downwards_trend",
    "bar_chart",
    "moneybag",
    "dart",
    "brain",
    "mag",
    "memo",
    "pushpin",
    "hourglass_flowing_sand",
    "zap",
    "sparkles",
    "ok_hand",
    "wave",
    "muscle",
    "handshake",
    "joy",
    "smile",
    "sweat_smile",
    "cry",
    "scream",
    "shrug",
    "coffee",
    "robot_face",
)


def glyph(name: str) -> str | None:
    """The character for a Slack emoji name (with or without colons), or None when unknown."""
    bare = name.strip().strip(":").split("::", 1)[0].lower()
    if bare in TABLE:
        return TABLE[bare]
    if not re.fullmatch(r"[a-z0-9_-]{3,60}", bare):
        return None
    for spoken in (bare, f"{bare}_face"):
        try:
            found = unicodedata.lookup(re.sub(r"[_-]", " ", spoken).upper())
        except KeyError:
            continue
        # Only pictographs: `:comma:` or `:digit_one:` must not turn into punctuation.
        if unicodedata.category(found) == "So":
            return found
    return None


def replace(text: str) -> str:
    """`text` with every known `:name:` replaced; unknown names stay as they were written."""

    def one(match: re.Match[str]) -> str:
        return glyph(match.group(1)) or match.group(0)

    return NAME.sub(one, text)


_ONLY = re.compile(
    "(?:[\U0001f000-\U0001faff\u2600-\u27bf\u2b05-\u2b55\u203c\u2049\u231a-\u23f3\ufe0f\u200d]"
    r"|:[a-z0-9_+'-]{2,60}:|\s){1,60}"
)


def alone(text: str) -> bool:
    """Whether a text is a few emoji and nothing else, so that it can be shown large."""
    shown = replace(text)
    return (
        bool(text.strip())
        and len(shown) <= 46
        and ":" not in shown
        and bool(_ONLY.fullmatch(shown))
    )


def offered() -> list[tuple[str, str]]:
    """What the picker shows, as names with characters: its own first, then the rest, each once."""
    shown: dict[str, str] = {}
    for name in (*PICKER, *TABLE):
        shown.setdefault(TABLE[name], name)
    return [(name, glyph) for glyph, name in shown.items()]
