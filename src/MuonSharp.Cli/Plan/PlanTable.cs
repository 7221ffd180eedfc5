using System.Globalization;
using System.Text.RegularExpressions;
using MuonSharp.Cli.Output;
using MuonSharp.Optimizers;

namespace MuonSharp.Cli.Plan;

/// <summary>Who steps what: the tables of a routing. What is alike in many layers shares a line.</summary>
internal static class PlanTable
{
    private static readonly TableColumn[] s_matrices =
    [
        new("parameter"), new("shape"), new("", ColumnKind.Number), new("weights", ColumnKind.Number, LeaveOut: 1), new("optimizer"), new("FLOPs each", ColumnKind.Number, LeaveOut: 2),
        new("why", ColumnKind.Text, Style: Style.Label),
    ];

    private static readonly TableColumn[] s_tensors =
    [
        new("parameter"), new("tensors", ColumnKind.Number, LeaveOut: 3), new("shape"), new("matrices", ColumnKind.Number, LeaveOut: 2), new("optimizer"), new("group", LeaveOut: 1),
        new("reason", ColumnKind.Text, Style: Style.Label),
    ];

    /// <summary>A line for each matrix, and for each tensor that is not stepped as matrices.</summary>
    /// <param name="routing">The routing.</param>
    /// <param name="all">Whether every tensor and matrix has a line of its own.</param>
    public static TextTable Matrices(RoutingPlan routing, bool all) => new(s_matrices,
        Condense(PlanRow.Of(routing), static row => row.Tensor, static (row, name) => row with { Tensor = name }, all).Select(line => (string[])
        [
            line.Row.Part.Length == 0 ? line.Name : $"{line.Name} {line.Row.Part}",
            line.Row.Shape,
            line.Count == 1 ? "" : $"x{line.Count}",
            Amount.Count(line.Row.Weights * line.Count),
            line.Row.Optimizer,
            line.Row.Flops > 0 ? Amount.Short(line.Row.Flops) : "",
            line.Row.Reason,
        ]));

    /// <summary>A line for each tensor.</summary>
    /// <param name="routing">The routing.</param>
    public static TextTable Tensors(RoutingPlan routing) => new(s_tensors,
        Condense(
            routing.Rows.Select(static row => (Name: row.Parameter.Name, Shape: $"[{string.Join(", ", row.Parameter.Shape)}]", row.Matrices, row.Optimizer, row.Group, row.Reason)),
            static row => row.Name,
            static (row, name) => row with { Name = name },
            all: false).Select(line => (string[])
                [line.Name, $"{line.Count}", line.Row.Shape, line.Row.Matrices == 0 ? "-" : $"{line.Row.Matrices}", line.Row.Optimizer, line.Row.Group, line.Row.Reason]));

    /// <summary>Rows that differ in the layer of their name alone, as one with how many they are.</summary>
    private static IEnumerable<(T Row, string Name, int Count)> Condense<T>(IEnumerable<T> rows, Func<T, string> name, Func<T, string, T> named, bool all) => all
        ? rows.Select(row => (row, name(row), 1))
        : rows.GroupBy(row => named(row, LayerNames.Pattern(name(row)))).Select(alike => (alike.Key, LayerNames.Join([.. alike.Select(name)]), alike.Count()));
}

/// <summary>One matrix, or one tensor that is not stepped as matrices, as a line of the plan.</summary>
/// <param name="Tensor">The parameter's name.</param>
/// <param name="Part">The part of a fused tensor, or empty.</param>
/// <param name="Shape">[out, in] of a matrix, the stored shape of another tensor.</param>
/// <param name="Weights">Number of elements.</param>
/// <param name="Optimizer">Who steps it.</param>
/// <param name="Flops">FLOPs a step that the optimizer spends on the matrix.</param>
/// <param name="Reason">Why it goes there.</param>
internal sealed record PlanRow(string Tensor, string Part, string Shape, long Weights, string Optimizer, double Flops, string Reason)
{
    /// <summary>The lines of a routing, in the order of the parameters.</summary>
    public static IEnumerable<PlanRow> Of(RoutingPlan routing) => routing.Rows.SelectMany(row => row.Slices.IsEmpty
        ? [new PlanRow(row.Parameter.Name, "", $"[{string.Join(", ", row.Parameter.Shape)}]", row.Parameter.Length, row.Optimizer, 0, row.Reason)]
        : row.Slices.Select(matrix => new PlanRow(
            row.Parameter.Name, matrix.Name, $"[{matrix.FanOut}, {matrix.FanIn}]", matrix.Length, row.Optimizer, row.FlopsOf(matrix), row.Reason)));
}

/// <summary>Names of tensors, and what becomes of them when equal ones of many layers share a line.</summary>
internal static partial class LayerNames
{
    /// <summary>What the names of one tensor in all layers have in common.</summary>
    public static string Pattern(string name) => Layer().Replace(name, ".*.", 1);

    /// <summary>One name for all of them: <c>layers 0-11 attn.c_attn.weight</c>.</summary>
    public static string Join(IReadOnlyList<string> names)
    {
        Match match = Layer().Match(names[0]);
        if (!match.Success)
        {
            return names[0];
        }

        string rest = names[0][(match.Index + match.Length)..];
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
