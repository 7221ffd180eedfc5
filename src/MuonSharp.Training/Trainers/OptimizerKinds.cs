using System.Collections.Immutable;
using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>What a configuration's optimizer is: its descriptor, its form, and the routes with their options. What optimizers there are stands in <see cref="OptimizerDescriptors"/>.</summary>
internal static class OptimizerKinds
{
    /// <summary>Where a warm-up of the momentum starts. Source: modded-nanogpt.</summary>
    private const double FirstMomentum = 0.85;

    private const string MomentumKey = "momentum";
    private const string Prefix = "optimizer.";
    private const string AuxiliaryPrefix = "optimizer.auxiliary.";

    public static IReadOnlyList<string> Names => OptimizerDescriptors.Names;

    /// <summary>The forms that can be chosen, each of an optimizer that has several and leaves the rest to AdamW.</summary>
    public static IReadOnlyList<string> PresetNames { get; } =
    [
        .. OptimizerDescriptors.All.Where(optimizer => optimizer.Presets.Length > 1 && LeavesRestToAdamW(optimizer) && !optimizer.StepsEverything)
            .SelectMany(optimizer => optimizer.Presets).Select(preset => preset.Name).Distinct(),
    ];

    /// <summary>All of them in one sentence, for the help of the key.</summary>
    public static string Summary { get; } = string.Join("; ", Names.Select(name => OptimizerDescriptors.PresetOfAlias(name) is { } preset
        ? $"`{name}` = `{OptimizerDescriptors.Find(name)!.Name}` with the preset `{preset}`, and goes with no other"
        : $"`{name}`: {OptimizerDescriptors.Find(name)!.Summary}"))
        + $". {WhoStepsEverything} step everything, beside the others AdamW steps the rest";

    /// <summary>Those that step everything, for help texts: <c>`adamw` and `sgd`</c>.</summary>
    public static string WhoStepsEverything => string.Join(" and ", OptimizerDescriptors.All.Where(optimizer => optimizer.StepsEverything).Select(optimizer => $"`{optimizer.Name}`"));

    public static bool HasMomentum(OptimizerDescriptor optimizer) => optimizer.Key(MomentumKey) is not null;

    /// <summary>Whether what is no hidden matrix is AdamW's, so that <c>optimizer.auxiliary.*</c> are AdamW's options.</summary>
    public static bool LeavesRestToAdamW(OptimizerDescriptor optimizer) => optimizer.Presets[0].Auxiliary is AdamWOptions;

    /// <summary>The learning rate of the hidden matrices that the reference has.</summary>
    public static double StandardLearningRate(OptimizerSection settings)
    {
        (OptimizerDescriptor optimizer, OptimizerPreset form) = Form(settings);
        return optimizer.StepsEverything ? settings.Auxiliary.LearningRate : form.Matrices.LearningRate.Range.Greatest;
    }

    /// <summary>The settings with everything that follows from their optimizer and preset, where it was not set.</summary>
    /// <param name="settings">The settings as they were given.</param>
    /// <param name="start">What they were given on top of.</param>
    /// <param name="given">The keys that were given.</param>
    /// <param name="problems">Receives a preset that contradicts the optimizer's name.</param>
    public static OptimizerSection Complete(OptimizerSection settings, OptimizerSection start, IReadOnlySet<string> given, List<string> problems)
    {
        string? alias = OptimizerDescriptors.PresetOfAlias(settings.Name);
        if (given.Contains(Prefix + "preset"))
        {
            if (alias is not null && settings.Preset != alias)
            {
                problems.Add($"[config] optimizer.preset must be {alias}, or not set, with optimizer.name={settings.Name}, which is "
                    + $"{OptimizerDescriptors.Find(settings.Name)!.Name} with that preset; '{settings.Preset}' came");
            }
        }
        else if (alias is not null || OptimizerDescriptors.PresetOfAlias(start.Name) is not null)
        {
            settings = settings with { Preset = alias ?? new OptimizerSection().Preset };
        }

        bool presetChanged = settings.Preset != start.Preset;
        settings = settings.Name != start.Name || presetChanged ? WithStandards(settings, presetChanged, given.Contains) : settings;

        // Who steps everything has one rate, unless two are given.
        return Form(settings).Optimizer.StepsEverything && given.Contains(Prefix + "learningRate") && !given.Contains(AuxiliaryPrefix + "learningRate") && settings.LearningRate is { } rate
            ? settings with { Auxiliary = settings.Auxiliary with { LearningRate = rate } }
            : settings;
    }

    /// <summary>Whose numbers apply: the optimizer's, and its preset's where that is another than the first one.</summary>
    public static string Describe(OptimizerSection settings) =>
        settings.Preset == "default" || settings.Preset == settings.Name ? settings.Name : $"{settings.Name} {settings.Preset}";

    /// <summary>Who takes which parameters, with which options.</summary>
    public static IReadOnlyList<Route> Routes(OptimizerSection settings) => Routes(settings, []);

    /// <summary>Adds what the chosen optimizer refuses of its options in this form.</summary>
    public static void Check(OptimizerSection settings, long totalSteps, List<string> problems)
    {
        int before = problems.Count;
        ImmutableArray<Route> routes = Routes(settings, problems);
        if (problems.Count == before)
        {
            problems.AddRange(routes.SelectMany(route => route.Options.Problems(totalSteps)).Distinct().Select(problem => $"[config] optimizer: {problem}"));
        }
    }

    /// <summary>What holds for the whole step.</summary>
    public static StepOptions StepOptions(TrainingConfig config) => new()
    {
        TotalSteps = config.Train.Steps,
        MaximumGradientNorm = config.Optimizer.ClipNorm,
    };

    /// <summary>The optimizer and its form: the preset in force, which an alias stands for, or a setting names. A name of Muon's brings AdamW's share to every optimizer that has one.</summary>
    private static (OptimizerDescriptor Optimizer, OptimizerPreset Form) Form(OptimizerSection settings)
    {
        OptimizerDescriptor optimizer = OptimizerDescriptors.Find(settings.Name)!;
        string name = OptimizerDescriptors.PresetOfAlias(settings.Name) ?? settings.Preset;
        OptimizerPreset first = optimizer.Preset()!;
        OptimizerPreset own = optimizer.Preset(name) ?? first;
        return (optimizer, LeavesRestToAdamW(optimizer) ? own with { Auxiliary = (OptimizerDescriptors.Muon.Preset(name) ?? own).Auxiliary } : first);
    }

    /// <summary>The settings of another optimizer or preset than those they were chosen for: what was not set is its reference's.</summary>
    /// <param name="settings">The settings, with the new name and preset.</param>
    /// <param name="presetChanged">Whether the preset is another one, so that AdamW's share changes as well.</param>
    /// <param name="isSet">Whether a key was set.</param>
    private static OptimizerSection WithStandards(OptimizerSection settings, bool presetChanged, Func<string, bool> isSet)
    {
        double Keep(string key, double value, Schedule? standard) => isSet(Prefix + key) ? value : standard?.Range.Greatest ?? value;
        (OptimizerDescriptor optimizer, OptimizerPreset form) = Form(settings);
        OptimizerOptions? standard = optimizer.StepsEverything ? null : form.Matrices;
        settings = settings with
        {
            LearningRate = isSet("optimizer.learningRate") ? settings.LearningRate : null,
            Momentum = Keep(MomentumKey, settings.Momentum, standard is null ? null : optimizer.Key(MomentumKey)?.Schedule(standard)),
            WeightDecay = Keep("weightDecay", settings.WeightDecay, standard?.WeightDecay),
            Options = settings.Options.Where(key => isSet(Prefix + key)),
        };

        AuxiliarySection auxiliary = settings.Auxiliary;
        return !presetChanged || form.Auxiliary is not AdamWOptions share ? settings : settings with
        {
            Auxiliary = auxiliary with
            {
                LearningRate = Keep("auxiliary.learningRate", auxiliary.LearningRate, share.LearningRate),
                Beta1 = Keep("auxiliary.beta1", auxiliary.Beta1, share.Beta1),
                Beta2 = Keep("auxiliary.beta2", auxiliary.Beta2, share.Beta2),
                Epsilon = Keep("auxiliary.epsilon", auxiliary.Epsilon, share.Epsilon),
                WeightDecay = Keep("auxiliary.weightDecay", auxiliary.WeightDecay, share.WeightDecay),
                Options = auxiliary.Options.Where(key => isSet(AuxiliaryPrefix + key)),
            },
        };
    }

    /// <summary>The routes. An optimizer that steps everything gives the hidden matrices what the rest has, where the settings have nothing else for them.</summary>
    private static ImmutableArray<Route> Routes(OptimizerSection settings, List<string> problems)
    {
        (OptimizerDescriptor optimizer, OptimizerPreset form) = Form(settings);
        AuxiliarySection auxiliary = settings.Auxiliary;
        OptimizerOptions rest = LeavesRestToAdamW(optimizer)
            ? Apply(OptimizerDescriptors.AdamW, form.Auxiliary, AuxiliaryPrefix, (auxiliary.LearningRate, auxiliary.WeightDecay))
            : Apply(optimizer, form.Auxiliary, Prefix, (auxiliary.LearningRate, auxiliary.WeightDecay));
        OptimizerOptions matrices = Apply(optimizer, optimizer.StepsEverything ? rest : form.Matrices, Prefix, (settings.EffectiveLearningRate, settings.WeightDecay));
        return Route.Split(matrices, rest);

        OptimizerOptions Apply(OptimizerDescriptor own, OptimizerOptions options, string prefix, (double Rate, double Decay) numbers)
        {
            options = options with { LearningRate = ScheduleKinds.Create(numbers.Rate, settings.Schedule), WeightDecay = numbers.Decay };
            TrainingConfig config = new() { Optimizer = settings };
            foreach (OptionKey key in own.Keys)
            {
                if (key.Name is "learningRate" or "weightDecay")
                {
                    continue;
                }

                if (key.Name == MomentumKey)
                {
                    options = key.WithSchedule(options, Momentum(settings));
                }
                else if (ConfigKeys.Find(prefix + key.Name)!.Read(config) is { } value && !key.TryApply(options, value, out options, out string problem))
                {
                    problems.Add($"[config] {prefix}{key.Name} with optimizer.name={settings.Name}: {problem}");
                }
            }

            return options;
        }
    }

    private static Schedule Momentum(OptimizerSection settings) => settings.MomentumWarmup > 0
        ? new RampSchedule(Math.Min(FirstMomentum, settings.Momentum), settings.Momentum, settings.MomentumWarmup)
        : settings.Momentum;
}

/// <summary>What one optimizer takes care of.</summary>
/// <param name="Optimizer">Its name: <c>muon</c>, <c>adamw</c>.</param>
/// <param name="Tensors">Number of parameters.</param>
/// <param name="Weights">Number of weights in them.</param>
/// <param name="LearningRate">Peak learning rate.</param>
public sealed record OptimizerShare(string Optimizer, int Tensors, long Weights, double LearningRate);
