using System.Globalization;
using System.Text.RegularExpressions;

namespace MuonSharp.Cli.Plan;

/// <summary>Names of tensors, and what becomes of them when equal ones of many layers share a line.</summary>
internal static partial class LayerNames
{
    /// <summary>What the names of one tensor in all layers have in common.</summary>
    public static string Pattern(string name) => Layer().Replace(name, ".*.", 1);

    /// <summary>One name for all of them: <c>layers 0-11 attn.c_attn.weight</c>.</summary>
    public static string Join(IReadOnlyList<string> names)
    {
        var match = Layer().Match(names[0]);
        if (!match.Success)
        {
            return names[0];
        }

        var rest = names[0][(match.Index + match.Length)..];
        int[] layers = [.. names.Select(name => int.Parse(Layer().Match(name).Groups["number"].Value, CultureInfo.InvariantCulture)).Order()];
        return $"{(layers.Length == 1 ? "layer" : "layers")} {Ranges(layers)} {rest}";
    }

    /// <summary>Ascending numbers in short: 0-3, 7, 9-11.</summary>
    private static string Ranges(int[] numbers)
    {
        List<string> ranges = [];
        for (int start = 0, end; start < numbers.Length; start = end + 1)
        {
            for (end = start; end + 1 < numbers.Length && numbers[end + 1] == numbers[end] + 1;)
            {
                end++;
            }

            ranges.Add(start == end ? $"{numbers[start]}" : $"{numbers[start]}-{numbers[end]}");
        }

        return string.Join(", ", ranges);
    }

    [GeneratedRegex(@"\.(?<number>\d+)\.", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Layer();
}
