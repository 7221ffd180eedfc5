using MuonSharp.Cli.Output;
using MuonSharp.Cli.Plan;
using MuonSharp.Cli.Train;
using MuonSharp.Experiments;
using MuonSharp.Optimizers;
using MuonSharp.Training;
using TextView = MuonSharp.Cli.Compare.TextView;

namespace MuonSharp.Cli.Tests.Output;

/// <summary>Every table of the tool at the usual widths of a window: nothing is wider than the line, and every value stands below the header that names it, or beside its name.</summary>
public class TableWidthTests
{
    private static readonly Dictionary<string, TextTable> s_tables = new(StringComparer.Ordinal)
    {
        ["tensors"] = PlanTable.Tensors(Routing()),
        ["matrices"] = PlanTable.Matrices(Routing(), all: false),
        ["every matrix"] = PlanTable.Matrices(Routing(), all: true),
        ["rates"] = RateTable.Of(TrainingPlan.Of(new TrainingConfigBuilder().Build()), 0)!,
        ["profile"] = ProfileTable.Of(
            [
                new("forward", "embedding", "77x128, 1536 tokens", 1, 0.0781, 0.022, 0, 0.8e6),
                new("forward", "linear + relu-squared", "1536x128->512", 4, 11.25, 0.3172, 0.805e9, 12.4e6),
                new("backward", "attention", "6x4x256x32", 4, 0.004, 0.0001, 1.2e6, 0),
                new("step", "muon", "", 1, 123.4, 0.61, 93.1e9, 0),
            ],
            265),
        ["comparison"] = TextView.ForTerminal(
            [
                ["optimizer", "learning rate", "final loss", "least budget", "curve crosses", "time per step", "ratio", "optimizer's share", "tokens/s", "time to target"],
                ["adamw", "0.008", "1.7526", "100 %, 2,000 steps", "100.0 %, step 2,000", "11.1 ms", "1.00", "2.4 %", "69.2k", "22s"],
                ["muon:preset=torch;momentum=0.9", "0.005 (edge)", "1.5972", "45 %, 900 steps at 0.004", "60.2 %, step 1,204", "12.5 ms", "1.13", "12.0 %", "61.4k", "-"],
            ]),
        ["long name"] = new([new("parameter"), new("n", ColumnKind.Number), new("why", ColumnKind.Text)], [[new string('x', 130), "12", "a reason"], ["b", "3", ""]]),
    };

    public static TheoryData<string, int> Cases => [.. s_tables.Keys.SelectMany(_ => (int[])[24, 60, 80, 100, 120, 200], (name, width) => (name, width))];

    [Theory]
    [MemberData(nameof(Cases))]
    public void No_line_is_too_long_and_every_value_is_under_its_own_header_or_beside_its_own_name(string name, int width)
    {
        TextTable table = s_tables[name];
        string[] lines = [.. table.Lines(width).Select(Plain)];
        Assert.All(lines, line => Assert.InRange(line.Length, 1, width));
        Assert.All(lines, line => Assert.Equal(line.TrimEnd(), line));
        if (lines[0].StartsWith(table.Columns[0].Title, StringComparison.Ordinal))
        {
            UnderHeaders(table, lines);
        }
        else
        {
            BesideNames(table, lines);
        }
    }

    [Fact]
    public void What_a_narrow_window_leaves_out_is_named() =>
        Assert.Equal("(a wider window also shows calls, GFLOP, MB)", s_tables["profile"].Lines(95).Select(Plain).Last());

    /// <summary>Finds each column by its title in the header, and reads every row there.</summary>
    private static void UnderHeaders(TextTable table, string[] lines)
    {
        int next = 1;
        foreach (IReadOnlyList<string> row in table.Rows)
        {
            string line = lines[next++];
            Assert.StartsWith(row[0], line, StringComparison.Ordinal);
            int from = 0;
            foreach ((TableColumn column, string cell) in table.Columns.Zip(row).Where(pair => pair.First is { Kind: not ColumnKind.Text, Title.Length: > 0 }))
            {
                int at = $"{lines[0]}  ".IndexOf($"{column.Title}  ", from, StringComparison.Ordinal);
                if (at < 0)
                {
                    Assert.True(column.LeaveOut > 0, $"{column.Title} may not be left out");
                    continue;
                }

                from = at + column.Title.Length;
                int start = column.Kind == ColumnKind.Number ? from - cell.Length : at;
                Assert.True(start >= 0 && line.PadRight(start + cell.Length).Substring(start, cell.Length) == cell, $"'{cell}' must stand under '{column.Title}':\n{lines[0]}\n{line}");
            }

            // The text may go on, indented, on lines of its own.
            while (next < lines.Length && lines[next].StartsWith(' '))
            {
                next++;
            }
        }
    }

    private static void BesideNames(TextTable table, string[] lines)
    {
        string text = string.Join(' ', string.Join(' ', lines).Split(' ', StringSplitOptions.RemoveEmptyEntries));
        int from = 0;
        foreach (IReadOnlyList<string> row in table.Rows)
        {
            foreach ((TableColumn column, string cell) in table.Columns.Zip(row).Skip(1).Where(pair => pair.Second.Length > 0))
            {
                string pair = $"{column.Title} {cell}".Trim();
                from = text.IndexOf(pair, from, StringComparison.Ordinal);
                Assert.True(from >= 0, $"'{pair}' is missing in\n{string.Join('\n', lines)}");
                from += pair.Length;
            }
        }
    }

    private static string Plain(string markup) => Spectre.Console.Markup.Remove(markup);

    private static RoutingPlan Routing()
    {
        ParameterStoreBuilder builder = new();
        return RoutingPlan.Make(
            [
                builder.Add("model.embed_tokens.weight", [50_257, 768], ParameterRole.Embedding),
                builder.Add("model.layers.0.self_attn.q_proj.weight", [768, 768], ParameterRole.Matrix),
                builder.Add("model.layers.0.post_attention_layernorm.weight", [768], ParameterRole.Gain),
                builder.Add("model.layers.1.self_attn.q_proj.weight", [768, 768], ParameterRole.Matrix),
            ],
            Route.Muon());
    }
}
