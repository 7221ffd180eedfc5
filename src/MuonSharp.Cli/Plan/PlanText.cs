using MuonSharp.Cli.Output;
using MuonSharp.Experiments;
using MuonSharp.Optimizers;
using MuonSharp.Training;

namespace MuonSharp.Cli.Plan;

/// <summary>A plan as a person reads it.</summary>
internal static class PlanText
{
    /// <summary>Writes it.</summary>
    public static void Write(Terminal terminal, TrainingPlan plan, bool all, int baseWidth)
    {
        (ModelSection? model, TrainSection? train) = (plan.Config.Model, plan.Config.Train);
        terminal.Columns(
        [
            ["model", $"{Amount.Of(plan.Parameters, "weight")}: {Amount.Of(model.Layers, "layer")}, {Amount.Of(model.Heads, "head")}, width {model.Width}, context {model.Context}, vocabulary {Amount.Count(plan.Vocabulary)}"],
            ["step", $"{Amount.Count(plan.Step.Tokens)} tokens: batch {train.Batch} x accumulation {train.Accumulation} x context {model.Context}"],
            .. plan.Routing.Groups.Select(group => (string[])[group.Name, Group(plan, group)]),
        ], Style.Label);
        foreach (string advice in plan.Advice)
        {
            terminal.Line($"note: {advice}", Style.Warning);
        }

        Title(terminal, "who steps what");
        terminal.Table(PlanTable.Matrices(plan.Routing, all));
        Title(terminal, "arithmetic of a step");
        terminal.Columns(Arithmetic(plan));
        if (RateTable.Of(plan, baseWidth) is { } rates)
        {
            Title(terminal, "learning rate in other units (the same step)");
            terminal.Table(rates);
        }

        Title(terminal, "memory");
        terminal.Columns(Memory(plan));
    }

    /// <summary>Writes what a step takes on several ranks.</summary>
    public static void Write(Terminal terminal, TrainingPlan plan, IReadOnlyList<RankPlan> ranks, string assumed)
    {
        const int MostOwners = 16;
        if (ranks.Count == 0)
        {
            return;
        }

        Title(terminal, $"a step over several ranks ({assumed}; a model, see docs/distributed.md)");
        terminal.Table(RankTable.Of(ranks));
        if (ranks.LastOrDefault(static one => one.Ranks is > 1 and <= MostOwners) is { } shown)
        {
            Title(terminal, $"who owns what on {shown.Ranks} ranks");
            terminal.Table(RankTable.Owners(plan, shown, MostOwners));
        }
    }

    private static void Title(Terminal terminal, string title)
    {
        terminal.Line();
        terminal.Line(title, Style.Strong);
    }

    private static string Group(TrainingPlan plan, ParameterGroup group)
    {
        string weights = Amount.Of(group.Parameters.Sum(parameter => (long)parameter.Length), "weight");
        string form = group.Options.Details.Length > 0 ? $" ({plan.Config.Optimizer.Preset}, {group.Options.Details})" : "";
        return $"{weights} in {Amount.Of(group.Parameters.Count, "tensor")} by {group.Options.OptimizerName}{form}, learning rate {Amount.Rate(group.Options.LearningRate.Range.Greatest)}";
    }

    private static IEnumerable<string[]> Arithmetic(TrainingPlan plan)
    {
        StepArithmetic step = plan.Step;
        yield return ["model", Flops(step.Total), $"forward and backward over {Amount.Count(step.Tokens)} tokens"];
        yield return ["  dense", Flops(step.Dense), $"6 N B: N = {Amount.Count(step.MultiplyingWeights)} weights that multiply (matrices and head), B tokens"];
        yield return ["  attention", Flops(step.Attention), "12 x layers x heads x head width a visible pair of query and key"];
        if (plan.Optimizer.Matrices == 0)
        {
            yield return ["optimizer", "-", "steps element by element: no products"];
        }
        else
        {
            foreach (string[] row in Optimizer(plan))
            {
                yield return row;
            }
        }

        if (plan.Spectra is { } spectra)
        {
            yield return
            [
                "spectra", Flops(spectra.Flops),
                $"singular values of {spectra.Matrices.Count} {(spectra.Matrices.Count == 1 ? "matrix" : "matrices")}, in double, every {Amount.Of(spectra.Every, "step")}: {Amount.Percent(spectra.Share!.Value)} of the run's time",
            ];
        }
    }

    private static IEnumerable<string[]> Optimizer(TrainingPlan plan)
    {
        OptimizerArithmetic optimizer = plan.Optimizer;
        yield return ["optimizer", Flops(optimizer.Flops), $"{Amount.Count(optimizer.Matrices)} {(optimizer.Matrices == 1 ? "matrix" : "matrices, each of them alone")}; symmetric products count half, as they are done{(optimizer.Published is null ? "; in double" : "")}"];
        if (optimizer is { Published: { } published, PublishedByMatrix: { } byMatrix })
        {
            yield return ["published T m / B", Amount.Percent(published), $"T = {OptimizerArithmetic.PublishedSteps} Newton-Schulz steps, m = width {plan.Config.Model.Width}, B tokens"];
            yield return ["  over all matrices", Amount.Percent(byMatrix), "T x sum of n m m / (B x sum of n m), m the smaller side of each"];
        }

        yield return ["overhead as configured", Amount.Percent(optimizer.Configured), "the optimizer's FLOPs over the model's"];
    }

    private static IEnumerable<string[]> Memory(TrainingPlan plan)
    {
        PlannedMemory memory = plan.Memory;
        yield return ["weights", Amount.Bytes(memory.Weights), "float32"];
        yield return ["gradients", Amount.Bytes(memory.Gradients), ""];
        if (memory.GradientSums > 0)
        {
            yield return ["sums of gradients", Amount.Bytes(memory.GradientSums), $"a binary tree over {plan.Config.Train.MicroBatches} micro-batches"];
        }

        foreach (OptimizerCost optimizer in memory.Optimizers)
        {
            foreach (StateCost state in optimizer.States)
            {
                yield return [$"{optimizer.Optimizer}: {state.Name}", Amount.Bytes(state.Bytes), ""];
            }

            if (optimizer.ScratchBytes > 0)
            {
                yield return [$"{optimizer.Optimizer}: scratch", Amount.Bytes(optimizer.ScratchBytes), Amount.Of(plan.Threads, "thread")];
            }
        }

        yield return ["activations", Amount.Bytes(memory.Activations), $"and their gradients, one micro-batch of {plan.Config.Train.MicroBatch} x {plan.Config.Model.Context} tokens{(plan.Config.Train.Recompute ? ", blocks recomputed" : "")}"];
        if (memory.Spectra > 0)
        {
            yield return ["spectra", Amount.Bytes(memory.Spectra), $"copies, and matrices in double; {Amount.Of(plan.Threads, "thread")}"];
        }

        yield return ["all of it", Amount.Bytes(memory.Total), "without evaluation and samples, which need less"];
        yield return
        [
            "over what is needed", Amount.Number(Math.Round(memory.Ratio, 2)),
            $"needed: weights, gradients, states and {Amount.Bytes(memory.NeededActivations)} of activations that the backward run reads",
        ];
    }

    private static string Flops(double value) => $"{Amount.Short(value)} FLOPs";
}

/// <summary>The learning rate of optimizers with a factor by shape in the units of other references.</summary>
internal static class RateTable
{
    /// <summary>A row for each shape; null when no optimizer has such a factor.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="baseWidth">Width of muP's base model; 0: without muP.</param>
    public static TextTable? Of(TrainingPlan plan, int baseWidth)
    {
        UpdateScale[] units =
        [
            UpdateScale.Original, UpdateScale.MatchRmsAdamW, UpdateScale.SpectralUnclamped,
            .. baseWidth > 0 ? [LearningRateUnits.MuP(baseWidth, plan.Config.Model.Width)] : Array.Empty<UpdateScale>(),
        ];
        var rows = plan.Routing.Rows.Where(row => row.Options.ShapeFactor is not null)
            .SelectMany(row => row.Slices.Select(matrix => (row.Options, matrix.FanOut, matrix.FanIn)))
            .GroupBy(matrix => matrix)
            .Select(alike => Row(alike.Key.Options.LearningRate.Range.Greatest, alike.Key.Options.ShapeFactor!, alike.Key.FanOut, alike.Key.FanIn, alike.Count(), units))
            .ToList();
        return rows.Count == 0 ? null : new(
            [new("shape"), new("", ColumnKind.Number), new("as configured"), .. units.Select(unit => new TableColumn(unit.Name, ColumnKind.Number))], rows);
    }

    private static string[] Row(double rate, UpdateScale factor, int fanOut, int fanIn, int count, UpdateScale[] units) =>
    [
        $"[{fanOut}, {fanIn}]",
        $"x{count}",
        $"{Amount.Rate(rate)} {factor.Name}",
        .. units.Select(unit => Amount.Rate(LearningRateUnits.Convert(rate, factor, unit, fanOut, fanIn))),
    ];
}
