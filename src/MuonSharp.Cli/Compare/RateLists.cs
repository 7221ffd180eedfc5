using System.Globalization;
using MuonSharp.Cli.Errors;

namespace MuonSharp.Cli.Compare;

/// <summary>Lists of numbers as the command line holds them.</summary>
internal static class RateLists
{
    /// <summary>Learning rates by label, from <c>LABEL=LR,LR</c>; a label may hold equals signs of its own.</summary>
    /// <exception cref="ToolException">A text is of another form.</exception>
    public static IReadOnlyDictionary<string, IReadOnlyList<double>> Read(IEnumerable<string> texts)
    {
        var rates = new Dictionary<string, IReadOnlyList<double>>(StringComparer.Ordinal);
        foreach (var text in texts)
        {
            var equals = text.LastIndexOf('=');
            if (equals <= 0)
            {
                throw ToolException.Usage($"[--learning-rates] rates are NAME=LR,LR; '{text}' came");
            }

            rates[text[..equals].Trim()] = Numbers<double>("--learning-rates", "rates are numbers", text[(equals + 1)..], number => number);
        }

        return rates;
    }

    /// <summary>Whole percentages, with commas between.</summary>
    /// <exception cref="ToolException">A text is of another form.</exception>
    public static IReadOnlyList<int> Percentages(string text) =>
        Numbers<int>("--budgets", "budgets are whole numbers", text, number => number % 1 == 0 && Math.Abs(number) <= int.MaxValue ? (int)number : null);

    private static IReadOnlyList<T> Numbers<T>(string option, string rule, string text, Func<double, T?> convert)
        where T : struct =>
        [
            .. text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(part =>
                double.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && convert(number) is { } value
                    ? value
                    : throw ToolException.Usage($"[{option}] {rule} with commas between; '{part}' came")),
        ];
}
