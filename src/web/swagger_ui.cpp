#include "web/swagger_ui.hpp"

#ifdef WEFT_SWAGGER_UI

// The assembler puts the files into the program as they are.
__asm__(
    ".pushsection .rodata\n"
    ".global weft_swagger_ui_script, weft_swagger_ui_script_end, weft_swagger_ui_style, weft_swagger_ui_style_end\n"
    ".hidden weft_swagger_ui_script, weft_swagger_ui_script_end, weft_swagger_ui_style, weft_swagger_ui_style_end\n"
    "weft_swagger_ui_script: .incbin \"" WEFT_SWAGGER_UI
    "/swagger-ui-bundle.js.gz\"\n"
    "weft_swagger_ui_script_end:\n"
    "weft_swagger_ui_style: .incbin \"" WEFT_SWAGGER_UI
    "/swagger-ui.css.gz\"\n"
    "weft_swagger_ui_style_end:\n"
    ".popsection\n");

extern "C" {
[[gnu::visibility("hidden")]] extern const char weft_swagger_ui_script[];
[[gnu::visibility("hidden")]] extern const char weft_swagger_ui_script_end[];
[[gnu::visibility("hidden")]] extern const char weft_swagger_ui_style[];
[[gnu::visibility("hidden")]] extern const char weft_swagger_ui_style_end[];
}

namespace weft::web::detail {

std::optional<swagger_ui> find_swagger_ui() noexcept {
  return swagger_ui{.script = {&weft_swagger_ui_script[0], &weft_swagger_ui_script_end[0]},
                    .style = {&weft_swagger_ui_style[0], &weft_swagger_ui_style_end[0]}};
}

}  // namespace weft::web::detail

#else

namespace weft::web::detail {

std::optional<swagger_ui> find_swagger_ui() noexcept { return std::nullopt; }

}  // namespace weft::web::detail

#endif
