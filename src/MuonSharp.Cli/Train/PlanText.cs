using System.Text.RegularExpressions;

namespace MuonSharp.Cli.Train;

/// <summary>The routing plan as a person reads it: layers that are treated alike become one row.</summary>
internal static partial class PlanText
{
    /// <summary>Rows of cells, the header first.</summary>
    /// <param name="plan">The library's table: a header and a row for each parameter, cells apart by two spaces or more.</param>
    public static IReadOnlyList<IReadOnlyList<string>> Condense(string plan)
    {
        var rows = plan.ReplaceLineEndings("\n").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Cells).ToList();
        List<IReadOnlyList<string>> result = [.. rows.Take(1).Select(header => (string[])[header[0], "tensors", .. header.Skip(1)])];
        foreach (var alike in rows.Skip(1).GroupBy(Pattern, StringComparer.Ordinal))
        {
            var first = alike.First();
            result.Add([alike.Count() == 1 ? first[0] : LayerNumber().Replace(first[0], ".*."), $"{alike.Count()}", .. first.Skip(1)]);
        }

        return result;
    }

    private static string[] Cells(string line) => Gap().Split(line.Trim());

    private static string Pattern(string[] cells) => string.Join('\n', cells.Skip(1).Prepend(LayerNumber().Replace(cells[0], ".*.")));

    [GeneratedRegex(@"\.\d+\.", RegexOptions.None, 1000)]
    private static partial Regex LayerNumber();

    [GeneratedRegex(@" {2,}", RegexOptions.None, 1000)]
    private static partial Regex Gap();
}
