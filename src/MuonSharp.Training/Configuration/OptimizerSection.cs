using MuonSharp.Optimizers;
using static MuonSharp.Training.ConfigValues;

namespace MuonSharp.Training;

/// <summary>The optimizer of the hidden matrices, and through <see cref="Auxiliary"/> of the rest: keys <c>optimizer.*</c>.</summary>
public sealed record OptimizerSection
{
    /// <summary>One of <see cref="OptimizerDescriptors.Names"/>: <c>adamw</c> and <c>sgd</c> (with Nesterov's momentum) step everything, the others the hidden
    /// matrices, and AdamW the rest.</summary>
    public string Name { get; init; } = "muon";

    /// <summary>Variant of Muon, <c>default</c> or a published one, one of <see cref="MuonPresets.ByName"/>: the form of the matrices' update and of AdamW's.</summary>
    /// <remarks>A <see cref="TrainingConfigBuilder"/> that changes it takes the reference's numbers too, where none are set.</remarks>
    public string Preset { get; init; } = "default";

    /// <summary>What makes Muon's direction orthogonal, one of <see cref="Orthogonalizers.Names"/>; null: the preset's, with
    /// its number of steps and its epsilon.</summary>
    public string? Orthogonalizer { get; init; }

    /// <summary>
    /// Peak learning rate of the hidden matrices. Null: the reference's own (0.02 for <c>muon</c> with its first preset), for <c>adamw</c> and <c>sgd</c>
    /// <see cref="AuxiliarySection.LearningRate"/>.
    /// </summary>
    public double? LearningRate { get; init; }

    /// <summary>Momentum of the matrices, from 0 up to but not including 1. Read by <c>muon</c>, <c>normuon</c> and <c>sgd</c>.</summary>
    public double Momentum { get; init; } = 0.95;

    /// <summary>Momentum rises linearly from 0.85 to <see cref="Momentum"/> over this many steps; 0: it does not.</summary>
    public int MomentumWarmup { get; init; }

    /// <summary>Decoupled weight decay of the matrices.</summary>
    public double WeightDecay { get; init; }

    /// <summary>Largest global norm of the raw gradients; larger ones are scaled down to it. Null: no clipping.</summary>
    public double? ClipNorm { get; init; }

    /// <summary>Further options of the optimizer of the hidden matrices, by key; what is not set is the preset's.</summary>
    public OptimizerOptionValues Options { get; init; } = OptimizerOptionValues.None;

    /// <summary>AdamW's share: embeddings, positions, head, gains and biases.</summary>
    public AuxiliarySection Auxiliary { get; init; } = new();

    /// <summary>How all learning rates move between the first step and the last.</summary>
    public ScheduleSection Schedule { get; init; } = new();

    /// <summary>Learning rate of the hidden matrices in force: <see cref="LearningRate"/>, or the default it stands for.</summary>
    public double EffectiveLearningRate => LearningRate ?? OptimizerKinds.StandardLearningRate(this);

    /// <summary>The key that says which optimizer it is.</summary>
    internal const string NameKey = "optimizer.name";

    internal static IReadOnlyList<ConfigKey> Keys { get; } = Describe(new("optimizer.", c => c.Optimizer, (c, s) => c with { Optimizer = s }));

    /// <summary>A condition on the optimizer: those that something holds of, by name and by alias.</summary>
    internal static ConfigCondition For(Func<OptimizerDescriptor, bool> holds) => For([.. OptimizerDescriptors.Names.Where(name => holds(OptimizerDescriptors.Find(name)!))]);

    private static ConfigCondition For(params string[] names) => new(NameKey, c => names.Contains(c.Optimizer.Name, StringComparer.Ordinal));

    private static ConfigKey[] Describe(ConfigSection<OptimizerSection> section) =>
    [
        section.Key("name", Choice(OptimizerKinds.Names), o => o.Name, (o, v) => o with { Name = v }, $"who steps the hidden matrices: {OptimizerKinds.Summary}"),
        section.Key("preset", Choice(OptimizerKinds.PresetNames), o => o.Preset, (o, v) => o with { Preset = v },
            "the variant of Muon: `default` (the original form with `zolotarev/2`), or a published one; brings its reference's numbers, AdamW's share included, where none are set",
            usedWhen: For([.. OptimizerDescriptors.All.Where(OptimizerKinds.LeavesRestToAdamW).Select(optimizer => optimizer.Name)])),
        section.Key("orthogonalizer", OptionalChoice(Orthogonalizers.Names, "the preset's, with its number of steps and epsilon"), o => o.Orthogonalizer, (o, v) => o with { Orthogonalizer = v },
            "what makes Muon's direction orthogonal", usedWhen: For(static optimizer => optimizer.Key("orthogonalizer") is not null)),
        section.Key("learningRate", OrNull(NonNegative, "the optimizer's default"), o => o.LearningRate, (o, v) => o with { LearningRate = v },
            "peak learning rate of the hidden matrices, with "
            + $"{OptimizerKinds.WhoStepsEverything} of everything, unless `optimizer.auxiliary.learningRate` is given as well; null: the reference's own (0.02 for `muon`), or the auxiliary one", also: "lr learningRate eta stepSize"),
        section.Key("momentum", BelowOne, o => o.Momentum, (o, v) => o with { Momentum = v }, "momentum of the matrices", usedWhen: For(OptimizerKinds.HasMomentum), also: "beta mu"),
        section.Key("momentumWarmup", Whole(0), o => o.MomentumWarmup, (o, v) => o with { MomentumWarmup = v }, "steps over which momentum rises from 0.85", unit: "steps",
            usedWhen: For(OptimizerKinds.HasMomentum)),
        section.Key("weightDecay", NonNegative, o => o.WeightDecay, (o, v) => o with { WeightDecay = v }, "decoupled weight decay of the matrices", also: "wd decay weightDecay"),
        section.Key("clipNorm", OrZero(Positive, "no clipping"), o => o.ClipNorm, (o, v) => o with { ClipNorm = v }, "largest global norm of the raw gradients", also: "clip gradClip gradientClip maxGradNorm maxNorm"),
        .. OptionKeys(section),
        .. AuxiliarySection.Keys,
        .. ScheduleSection.Keys,
    ];

    /// <summary>A key for every option that has no property of its own, from what stands beside the optimizers.</summary>
    private static IEnumerable<ConfigKey> OptionKeys(ConfigSection<OptimizerSection> section) =>
        from optimizer in OptimizerDescriptors.All
        from key in optimizer.Keys
        where key.Name is not ("learningRate" or "momentum" or "weightDecay" or "orthogonalizer")
        group optimizer by key.Name into users
        select section.Key(
            users.Key,
            new OptimizerOptionValue(users.Key, [.. users]),
            o => o.Options[users.Key],
            (o, v) => o with { Options = o.Options.WithText(users.Key, v) },
            string.Join("; ", users.GroupBy(user => user.Key(users.Key)!.Help).Select(help => $"{help.Key} ({string.Join(", ", help.Select(user => $"`{user.Name}`"))})")),
            usedWhen: For(optimizer => optimizer.Key(users.Key) is not null));
}

/// <summary>AdamW's share of the parameters: keys <c>optimizer.auxiliary.*</c>.</summary>
public sealed record AuxiliarySection
{
    /// <summary>Peak learning rate.</summary>
    public double LearningRate { get; init; } = 0.003;

    /// <summary>Decay of the first moment, from 0 up to but not including 1.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Decay of the second moment, from 0 up to but not including 1.</summary>
    public double Beta2 { get; init; } = 0.95;

    /// <summary>Added to the root of the second moment; 1.2e-38 (float32's smallest normal number) or more.</summary>
    public double Epsilon { get; init; } = 1e-10;

    /// <summary>Decoupled weight decay.</summary>
    public double WeightDecay { get; init; }

    /// <summary>Further options of AdamW, by key; what is not set is the preset's.</summary>
    public OptimizerOptionValues Options { get; init; } = OptimizerOptionValues.None;

    internal static IReadOnlyList<ConfigKey> Keys { get; } = Describe(
        new("optimizer.auxiliary.", c => c.Optimizer.Auxiliary, (c, s) => c with { Optimizer = c.Optimizer with { Auxiliary = s } }),
        OptimizerSection.For(OptimizerKinds.LeavesRestToAdamW));

    private static ConfigKey[] Describe(ConfigSection<AuxiliarySection> section, ConfigCondition adamW) =>
    [
        section.Key("learningRate", NonNegative, a => a.LearningRate, (a, v) => a with { LearningRate = v }, "AdamW's share (with `sgd`: SGD's): peak learning rate", also: "auxiliaryLr auxLr adamLr adamwLr lrAdam"),
        section.Key("beta1", BelowOne, a => a.Beta1, (a, v) => a with { Beta1 = v }, "decay of the first moment", usedWhen: adamW),
        section.Key("beta2", BelowOne, a => a.Beta2, (a, v) => a with { Beta2 = v }, "decay of the second moment", usedWhen: adamW),
        section.Key("epsilon", Number("a number of 1.2e-38 or more", v => v >= 1.2e-38), a => a.Epsilon, (a, v) => a with { Epsilon = v },
            "added to the root of the second moment", usedWhen: adamW),
        section.Key("weightDecay", NonNegative, a => a.WeightDecay, (a, v) => a with { WeightDecay = v }, "decoupled weight decay"),
        .. OptimizerDescriptors.AdamW.Keys.Where(static key => key.Name is not ("learningRate" or "beta1" or "beta2" or "epsilon" or "weightDecay")).Select(key => section.Key(
            key.Name, new OptimizerOptionValue(key.Name, [OptimizerDescriptors.AdamW]), a => a.Options[key.Name], (a, v) => a with { Options = a.Options.WithText(key.Name, v) },
            key.Help, usedWhen: adamW)),
    ];
}

/// <summary>The factor on every learning rate over the run: keys <c>optimizer.schedule.*</c>.</summary>
public sealed record ScheduleSection
{
    /// <summary><c>constant</c>, <c>linear</c>, <c>cosine</c> or <c>warmup-stable-decay</c>.</summary>
    public string Name { get; init; } = "warmup-stable-decay";

    /// <summary>Steps over which the factor rises linearly from 0 to 1 at the start.</summary>
    public int Warmup { get; init; } = 20;

    /// <summary>Share of the run, at its end, over which <c>warmup-stable-decay</c> falls linearly; from 0 to 1.</summary>
    public double DecayShare { get; init; } = 0.5;

    /// <summary>Factor at the end of the decay, from 0 to 1.</summary>
    public double Floor { get; init; }

    internal static IReadOnlyList<ConfigKey> Keys { get; } = Describe(new(
        "optimizer.schedule.", c => c.Optimizer.Schedule, (c, s) => c with { Optimizer = c.Optimizer with { Schedule = s } }));

    private static ConfigCondition For(params string[] names) => new("optimizer.schedule.name", c => names.Contains(c.Optimizer.Schedule.Name, StringComparer.Ordinal));

    private static ConfigKey[] Describe(ConfigSection<ScheduleSection> section) =>
    [
        section.Key("name", Choice(ScheduleKinds.Names), s => s.Name, (s, v) => s with { Name = v }, "how the learning rates move over the run", also: "schedule scheduler lrScheduler lrSchedule"),
        section.Key("warmup", Whole(0), s => s.Warmup, (s, v) => s with { Warmup = v }, "steps over which the rates rise from 0", unit: "steps", also: "warmupSteps"),
        section.Key("decayShare", FromZeroToOne, s => s.DecayShare, (s, v) => s with { DecayShare = v },
            "share of the run, at its end, over which the rates fall; where it begins within the warm-up both factors act, and `train` shows the greatest rate that is reached",
            usedWhen: For("warmup-stable-decay")),
        section.Key("floor", FromZeroToOne, s => s.Floor, (s, v) => s with { Floor = v }, "factor at the end of the decay", usedWhen: For("linear", "cosine", "warmup-stable-decay")),
    ];
}
