// SPDX-License-Identifier: BSD-3-Clause
#include "report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace flyover::bench {

std::string as_text(const std::vector<Result>& results) {
  std::string text =
      "TSC cycles per packet (median and 10th percentile of single bursts), instructions per packet; driver not "
      "included\n\n";
  text += fmt::format("{:<18} {:>5} {:>8} {:>8} {:>7} {:>7}\n", "case", "burst", "cycles", "low", "instr", "target");
  for (const auto& r : results) {
    text += fmt::format("{:<18} {:>5} {:>8.1f} {:>8.1f} {:>7} {:>7}\n", r.name, r.burst, r.cycles, r.cycles_low,
                        r.instructions ? fmt::format("{:.0f}", r.instructions) : "-",
                        r.target ? fmt::format("{:.0f}", r.target) : "-");
  }
  text += "\nby group of stages, burst 32 (taking the time adds a little to each)\n";
  for (const auto& r : results) {
    if (r.burst != 32) continue;
    text += r.name + ":\n";
    for (const auto& s : r.stages) text += fmt::format("  {:<20} {:>8.1f}\n", s.name, s.cycles);
  }
  return text;
}

std::string as_json(const std::vector<Result>& results) {
  auto all = nlohmann::json::array();
  for (const auto& r : results) {
    nlohmann::json row{{"case", r.name},
                       {"description", r.sentence},
                       {"burst", r.burst},
                       {"cycles", r.cycles},
                       {"cycles_p10", r.cycles_low}};
    if (r.instructions) row["instructions"] = r.instructions;
    if (r.target) row["target"] = r.target;
    for (const auto& s : r.stages) row["stages"].push_back({{"stage", s.name}, {"cycles", s.cycles}});
    all.push_back(row);
  }
  return all.dump(2) + "\n";
}

std::string as_svg(const std::vector<Result>& results) {
  constexpr int kBar = 22, kGap = 8, kLeft = 230, kWidth = 560, kTop = 50;
  double most = 1;
  for (const auto& r : results) most = std::max({most, r.cycles, r.target});
  const double scale = kWidth / most;
  const int height = kTop + static_cast<int>(results.size()) * (kBar + kGap) + 30;
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{}\" font-family=\"sans-serif\" "
      "font-size=\"13\">\n"
      "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
      "<text x=\"10\" y=\"24\" font-size=\"16\">Flyover: TSC cycles per packet, driver not included (red: "
      "target)</text>\n",
      kLeft + kWidth + 90, height);
  int y = kTop;
  for (const auto& r : results) {
    svg += fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}, burst {}</text>\n", kLeft - 8, y + 16, r.name,
                       r.burst);
    svg += fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{:.1f}\" height=\"{}\" fill=\"#4477aa\"/>\n", kLeft, y,
                       r.cycles * scale, kBar);
    svg += fmt::format("<text x=\"{:.1f}\" y=\"{}\">{:.1f}</text>\n", kLeft + r.cycles * scale + 6, y + 16, r.cycles);
    if (r.target)
      svg += fmt::format(
          "<line x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1}\" y2=\"{2}\" stroke=\"#cc3311\" stroke-width=\"2\"/>\n",
          kLeft + r.target * scale, y - 2, y + kBar + 2);
    y += kBar + kGap;
  }
  return svg + "</svg>\n";
}

}  // namespace flyover::bench
