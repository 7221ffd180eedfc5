using System.Globalization;
using MuonSharp.Cli.Errors;

namespace MuonSharp.Cli.Compare;

/// <summary>Lists of numbers as the command line holds them.</summary>
internal static class RateLists
{
    /// <summary>Learning rates by label, from <c>LABEL=LR,LR[,LABEL=LR]</c>; a label may hold equals signs of its own, and commas between brackets.</summary>
    /// <exception cref="ToolException">A text is of another form.</exception>
    public static IReadOnlyDictionary<string, IReadOnlyList<double>> Read(IEnumerable<string> texts)
    {
        var rates = new Dictionary<string, IReadOnlyList<double>>(StringComparer.Ordinal);
        foreach (string text in texts)
        {
            foreach (string list in Lists(text))
            {
                int equals = list.LastIndexOf('=');
                if (equals <= 0)
                {
                    throw ToolException.Usage($"[--learning-rates] rates are NAME=LR,LR; '{text}' came");
                }

                rates[list[..equals].Trim()] = Numbers<double>("--learning-rates", "rates are numbers", list[(equals + 1)..], number => number);
            }
        }

        return rates;
    }

    /// <summary>The lists of a text: a comma before a part with an equals sign begins another one, unless it stands between brackets.</summary>
    private static IEnumerable<string> Lists(string text)
    {
        (int start, int depth) = (0, 0);
        for (int i = 0; i < text.Length; i++)
        {
            depth += text[i] == '[' ? 1 : text[i] == ']' ? -1 : 0;
            if (text[i] == ',' && depth <= 0 && text.AsSpan(i + 1) is var rest && rest[..(rest.IndexOf(',') is >= 0 and var next ? next : rest.Length)].Contains('='))
            {
                yield return text[start..i];
                start = i + 1;
            }
        }

        yield return text[start..];
    }

    /// <summary>Whole percentages, with commas between.</summary>
    /// <exception cref="ToolException">A text is of another form.</exception>
    public static IReadOnlyList<int> Percentages(string text) =>
        Numbers<int>("--budgets", "budgets are whole numbers", text, number => number % 1 == 0 && Math.Abs(number) <= int.MaxValue ? (int)number : null);

    private static IReadOnlyList<T> Numbers<T>(string option, string rule, string text, Func<double, T?> convert)
        where T : struct =>
        [
            .. text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(part =>
                double.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && convert(number) is { } value
                    ? value
                    : throw ToolException.Usage($"[{option}] {rule} with commas between; '{part}' came")),
        ];
}
