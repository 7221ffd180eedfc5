using System.Collections.Immutable;

namespace MuonSharp.Optimizers;

/// <summary>Everything that there is to say about an optimizer from outside: name, presets, keys. Configurations, traces, comparisons, help and tables read it.</summary>
/// <param name="Name">The optimizer's name, <see cref="OptimizerOptions.OptimizerName"/>.</param>
/// <param name="Summary">What it does, in one sentence.</param>
/// <param name="Presets">Its published forms, at least one; the first is what a run without a preset takes.</param>
/// <param name="TracePreset">The name of the preset that a recorded run without one means.</param>
/// <param name="Keys">One for each option, in the order in which they are applied.</param>
public sealed record OptimizerDescriptor(
    string Name, string Summary, ImmutableArray<OptimizerPreset> Presets, string TracePreset, ImmutableArray<OptionKey> Keys)
{
    /// <summary>Other names, each of which is the optimizer with a preset.</summary>
    public ImmutableArray<OptimizerAlias> Aliases { get; init; } = [];

    /// <summary>How it is run beside others where nothing else is said; default: as the configuration has it.</summary>
    public OptimizerRecipe Recipe { get; init; } = new();

    /// <summary>Whether it steps everything, not the hidden matrices alone.</summary>
    public bool StepsEverything => Presets[0].Auxiliary.OptimizerName == Name;

    /// <summary>The preset of a name; null when there is none.</summary>
    /// <param name="name">The name; null: the first preset.</param>
    public OptimizerPreset? Preset(string? name = null) => name is null ? Presets[0] : Presets.FirstOrDefault(preset => preset.Name == name);

    /// <summary>The key of a name; null when there is none.</summary>
    /// <param name="name">As configurations (<c>blockSize</c>) or as traces write it (<c>block_size</c>).</param>
    public OptionKey? Key(string name) => Keys.FirstOrDefault(key => key.Name == name || key.TraceName == name);
}

/// <summary>A published form of an optimizer: the options of the hidden matrices, and of what its reference gives everything else.</summary>
/// <param name="Name">The name in configurations and traces.</param>
/// <param name="Matrices">The options of the hidden matrices.</param>
/// <param name="Auxiliary">The options of the rest; where a reference names none, the original's auxiliary AdamW.</param>
/// <param name="Source">Where it is published.</param>
public sealed record OptimizerPreset(string Name, OptimizerOptions Matrices, OptimizerOptions Auxiliary, string Source);

/// <summary>Another name for an optimizer with a preset.</summary>
/// <param name="Name">The name.</param>
/// <param name="Preset">The preset's name.</param>
public sealed record OptimizerAlias(string Name, string Preset);

/// <summary>How an optimizer is run in a comparison where the user says nothing else.</summary>
public sealed record OptimizerRecipe
{
    /// <summary>Middle of the first learning rates that are tried, for the hidden matrices. Null: the configuration's own rate.</summary>
    public double? LearningRate { get; init; }

    /// <summary>Whether all parameters take the rate that is tried; otherwise those outside the hidden matrices keep <c>optimizer.auxiliary.learningRate</c>.</summary>
    public bool OneRate { get; init; }

    /// <summary>Keys of a configuration that differ, with their values.</summary>
    public ImmutableArray<KeyValuePair<string, string>> Settings { get; init; } = [];
}

/// <summary>The optimizers that configurations and traces can name.</summary>
public static class OptimizerDescriptors
{
    /// <summary>Muon.</summary>
    public static OptimizerDescriptor Muon => MuonDescriptor.Instance;

    /// <summary>AdamW.</summary>
    public static OptimizerDescriptor AdamW => AdamWDescriptor.Instance;

    /// <summary>SGD.</summary>
    public static OptimizerDescriptor Sgd => SgdDescriptor.Instance;

    /// <summary>Lion.</summary>
    public static OptimizerDescriptor Lion => LionDescriptor.Instance;

    /// <summary>Shampoo.</summary>
    public static OptimizerDescriptor Shampoo => ShampooDescriptor.Instance;

    /// <summary>SOAP.</summary>
    public static OptimizerDescriptor Soap => SoapDescriptor.Instance;

    /// <summary>All of them, in the order in which help texts list them.</summary>
    public static ImmutableArray<OptimizerDescriptor> All { get; } = [Muon, AdamW, Sgd, Lion, Shampoo, Soap];

    /// <summary>Everything that <see cref="Find"/> knows: names, each with its aliases after it.</summary>
    public static ImmutableArray<string> Names { get; } =
        [.. All.SelectMany(static descriptor => descriptor.Aliases.Select(static alias => alias.Name).Prepend(descriptor.Name))];

    /// <summary>The optimizer of a name or an alias; null when there is none.</summary>
    /// <param name="name">The name; case counts.</param>
    public static OptimizerDescriptor? Find(string name) =>
        All.FirstOrDefault(descriptor => descriptor.Name == name || descriptor.Aliases.Any(alias => alias.Name == name));

    /// <summary>The preset that an alias stands for; null for a name that is none.</summary>
    /// <param name="name">A name or an alias.</param>
    public static string? PresetOfAlias(string name) =>
        All.SelectMany(static descriptor => descriptor.Aliases).FirstOrDefault(alias => alias.Name == name)?.Preset;
}
