using System.Globalization;
using System.Text.Json.Nodes;
using MuonSharp.Cli.Bench;
using MuonSharp.Cli.Errors;
using MuonSharp.Cli.Output;
using MuonSharp.Experiments;
using MuonSharp.Numerics;

namespace MuonSharp.Cli.Plan;

/// <summary>A step over some numbers of ranks: seconds, bytes, and who owns what.</summary>
internal static class RankTable
{
    /// <summary>Share of the multiply-add peak that a training step of a middling model reaches: what is taken where nobody says.</summary>
    private const double TypicalShare = 0.5;

    /// <summary>The plans for all numbers of ranks.</summary>
    public static IReadOnlyList<RankPlan> Plans(TrainingPlan plan, string ranks, string network, double gigaflops, out double used)
    {
        RankNetwork joined = RankNetwork.Parse(network)
            ?? throw ToolException.Usage($"[plan] --network is 10g, 100g, memory, or seconds a message and bytes a second (30e-6,1.1e9); '{network}' came");
        int[] counts = [.. ranks.Split(',').Select(text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count is > 0 and <= 65536
            ? count : throw ToolException.Usage($"[plan] --ranks are whole numbers from 1 to 65536 with commas between; '{text}' came"))];
        double rate = gigaflops > 0 ? gigaflops : TypicalShare * Peak(plan.Threads);
        used = rate;
        return [.. counts.Select(count => RankPlan.Of(plan, count, joined, rate * 1e9))];
    }

    /// <summary>The table.</summary>
    public static TextTable Of(IReadOnlyList<RankPlan> plans)
    {
        double alone = plans[0].ModelSeconds * plans[0].Ranks;
        return new(
        [
            new("ranks", ColumnKind.Number), new("model", ColumnKind.Number), new("optimizer", ColumnKind.Number), new("imbalance", ColumnKind.Number), new("exchange", ColumnKind.Number),
            new("gather", ColumnKind.Number), new("step", ColumnKind.Number), new("with overlap", ColumnKind.Number), new("of ideal", ColumnKind.Number), new("sent", ColumnKind.Number),
            new("state", ColumnKind.Number),
        ],
        [
            .. plans.Select(plan => (string[])
            [
                Amount.Count(plan.Ranks), Seconds(plan.ModelSeconds), Seconds(plan.OptimizerSeconds), Amount.Number(Math.Round(plan.Ownership.Imbalance, 2)), Seconds(plan.ExchangeSeconds),
                Seconds(plan.GatherSeconds), Seconds(plan.Seconds), Seconds(plan.OverlappedSeconds), Amount.Percent(alone / plan.Ranks / plan.Seconds),
                Amount.Bytes(plan.ExchangeBytes + plan.GatherBytes), Amount.Bytes(plan.StateBytes),
            ]),
        ]);
    }

    /// <summary>Who owns what with that many ranks: a row a rank, at most so many.</summary>
    public static TextTable Owners(TrainingPlan plan, RankPlan ranks, int most)
    {
        var rows = Enumerable.Range(0, Math.Min(most, ranks.Ranks)).Select(rank =>
        {
            string[] matrices = [.. plan.Routing.Rows.Where(row => !row.Options.UpdatesByElement && ranks.Ownership.RangeOf(row.Parameter, rank).Length > 0).Select(row => row.Parameter.Name)];
            return (string[])
            [
                Amount.Count(rank), $"{Amount.Short(ranks.Ownership.Flops[rank])} FLOPs", Amount.Count(ranks.Ownership.Elements[rank]),
                matrices.Length == 0 ? "-" : matrices.Length > 3 ? $"{string.Join(", ", matrices[..3])} and {matrices.Length - 3} more" : string.Join(", ", matrices),
            ];
        }).ToList();
        return new([new("rank", ColumnKind.Number), new("matrices", ColumnKind.Number), new("weights", ColumnKind.Number), new("whole tensors")], rows);
    }

    /// <summary>A plan as a line of JSON.</summary>
    public static JsonObject Json(RankPlan plan, double gigaflops) => new()
    {
        ["kind"] = "ranks",
        ["ranks"] = plan.Ranks,
        ["gflops"] = gigaflops,
        ["model_seconds"] = plan.ModelSeconds,
        ["optimizer_seconds"] = plan.OptimizerSeconds,
        ["exchange_seconds"] = plan.ExchangeSeconds,
        ["gather_seconds"] = plan.GatherSeconds,
        ["seconds"] = plan.Seconds,
        ["overlapped_seconds"] = plan.OverlappedSeconds,
        ["exchange_bytes"] = plan.ExchangeBytes,
        ["gather_bytes"] = plan.GatherBytes,
        ["state_bytes"] = plan.StateBytes,
        ["imbalance"] = plan.Ownership.Imbalance,
        ["elements"] = new JsonArray([.. plan.Ownership.Elements.Select(elements => (JsonNode)elements)]),
        ["optimizer_flops"] = new JsonArray([.. plan.Ownership.Flops.Select(flops => (JsonNode)flops)]),
    };

    private static double Peak(int threads)
    {
        using var team = new WorkerTeam(threads);
        return FmaPeak.Typical(team, FmaPeak.KernelWidth);
    }

    private static string Seconds(double seconds) => seconds == 0 ? "-" : seconds < 0.01 ? $"{Amount.Number(Math.Round(seconds * 1e3, 2))} ms" : $"{Amount.Number(Math.Round(seconds, 3))} s";
}
