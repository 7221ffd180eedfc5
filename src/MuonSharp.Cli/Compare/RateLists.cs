using System.Globalization;
using MuonSharp.Cli.Errors;
using MuonSharp.Experiments;

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

/// <summary>How a run's line begins: which run of how many at most, and what is trained; the lines of all optimizers in the same columns.</summary>
/// <param name="entries">The optimizers.</param>
/// <param name="steps">Steps of a full run.</param>
internal sealed class RunPlace(IReadOnlyList<ComparisonEntry> entries, int steps)
{
    /// <summary>A rate has three significant digits; one like 1.25e-5 is among the longest.</summary>
    private const int RateWidth = 7;

    private const int PercentWidth = 7;

    private readonly int _labelWidth = entries.Select(entry => entry.Label.Length).DefaultIfEmpty().Max();
    private readonly int _stepsWidth = Amount.Count(steps).Length;
    private int _numberWidth;

    /// <summary>The text.</summary>
    /// <param name="number">Number of the run, from 1.</param>
    /// <param name="most">How many there will be at most.</param>
    /// <param name="task">What it is for.</param>
    public string Of(int number, int most, ComparisonTask task)
    {
        // The first is the greatest: the bound only shrinks.
        _numberWidth = Math.Max(_numberWidth, $"{most}".Length);
        string percent = task.Percent == 100 ? "" : $" ({task.Percent} %)";
        return $"run {number.ToString().PadLeft(_numberWidth)} of at most {most.ToString().PadLeft(_numberWidth)}  {task.Optimizer.PadRight(_labelWidth)}  "
            + $"lr {Amount.Rate(task.LearningRate).PadRight(RateWidth)}  {Amount.Count(task.Steps).PadLeft(_stepsWidth)} steps{percent.PadRight(PercentWidth)}";
    }
}
