using static MuonSharp.Training.ConfigKeyFactory;

namespace MuonSharp.Training;

/// <summary>The table of all configuration keys: what <c>--set</c> and configuration files may name.</summary>
public static class ConfigKeys
{
    private const string NonNegative = "must be a number of 0 or more";
    private const string BelowOne = "must be a number from 0 up to but not including 1";
    private const string FromZeroToOne = "must be a number from 0 to 1";

    /// <summary>All keys, in the order in which configurations are written.</summary>
    public static IReadOnlyList<ConfigKey> All { get; } =
    [
        Text("preset", c => c.Preset, (c, v) => c with { Preset = v }),
        .. ModelKeys(),
        .. DataAndTrainKeys(),
        .. OptimizerKeys(),
        NumberOrOff("qkClip.tau", "must be a number above 0, off, or null for the default",
            c => c.QkClip.Tau, (c, v) => c with { QkClip = c.QkClip with { Tau = v } }),
        .. IntervalKeys(),
    ];

    /// <summary>The key of that name; null when there is none.</summary>
    /// <param name="name">A dotted name.</param>
    public static ConfigKey? Find(string name) => All.FirstOrDefault(key => key.Name == name);

    /// <summary>The key of that name; when there is none, adds a problem that suggests the nearest one.</summary>
    internal static ConfigKey? Find(string name, List<string> problems, string? source = null)
    {
        ConfigKey? key = Find(name);
        if (key is null)
        {
            string place = source is null ? "" : $"{source}: ";
            string? nearest = NearestName.Of(name, All.Select(known => known.Name));
            string hint = nearest is null ? "" : $"; did you mean '{nearest}'?";
            problems.Add($"[config] {place}a key must be a known one; '{name}' came{hint}");
        }

        return key;
    }

    private static ConfigKey[] ModelKeys() =>
    [
        Integer("model.layers", c => c.Model.Layers, (c, v) => c with { Model = c.Model with { Layers = v } }, 1, 1000),
        Integer("model.vocabulary", c => c.Model.Vocabulary, (c, v) => c with { Model = c.Model with { Vocabulary = v } }, 0),
        Integer("model.heads", c => c.Model.Heads, (c, v) => c with { Model = c.Model with { Heads = v } }, 1, 1000),
        Integer("model.keyValueHeads", c => c.Model.KeyValueHeads,
            (c, v) => c with { Model = c.Model with { KeyValueHeads = v } }, 0, 1000),
        Integer("model.width", c => c.Model.Width, (c, v) => c with { Model = c.Model with { Width = v } }, 1, 65536),
        Integer("model.context", c => c.Model.Context, (c, v) => c with { Model = c.Model with { Context = v } }, 1, 1048576),
        Integer("model.hiddenWidth", c => c.Model.HiddenWidth,
            (c, v) => c with { Model = c.Model with { HiddenWidth = v } }, 0, 1048576),
        Choice("model.normalization", DecoderConfigs.Normalizations, c => c.Model.Normalization,
            (c, v) => c with { Model = c.Model with { Normalization = v } }),
        Choice("model.activation", DecoderConfigs.Activations, c => c.Model.Activation,
            (c, v) => c with { Model = c.Model with { Activation = v } }),
        Choice("model.positions", DecoderConfigs.PositionKinds, c => c.Model.Positions,
            (c, v) => c with { Model = c.Model with { Positions = v } }),
        Flag("model.tiedHead", c => c.Model.TiedHead, (c, v) => c with { Model = c.Model with { TiedHead = v } }),
        Flag("model.biases", c => c.Model.Biases, (c, v) => c with { Model = c.Model with { Biases = v } }),
        Flag("model.queryKeyNorm", c => c.Model.QueryKeyNorm, (c, v) => c with { Model = c.Model with { QueryKeyNorm = v } }),
        Number("model.dropout", BelowOne, c => c.Model.Dropout,
            (c, v) => c with { Model = c.Model with { Dropout = v } }, v => v is >= 0 and < 1),
        Integer("model.window", c => c.Model.Window, (c, v) => c with { Model = c.Model with { Window = v } }, 0),
    ];

    private static ConfigKey[] DataAndTrainKeys() =>
    [
        OptionalText("data.file", c => c.Data.File, (c, v) => c with { Data = c.Data with { File = v } }),
        Choice("data.tokenizer", TokenizerKinds.Names, c => c.Data.Tokenizer,
            (c, v) => c with { Data = c.Data with { Tokenizer = v } }),
        Number("data.validationShare", "must be a number above 0 and below 1", c => c.Data.ValidationShare,
            (c, v) => c with { Data = c.Data with { ValidationShare = v } }, v => v is > 0 and < 1),
        Integer("train.steps", c => c.Train.Steps, (c, v) => c with { Train = c.Train with { Steps = v } }, 1),
        Integer("train.batch", c => c.Train.Batch, (c, v) => c with { Train = c.Train with { Batch = v } }, 1, 65536),
        Integer("train.accumulation", c => c.Train.Accumulation,
            (c, v) => c with { Train = c.Train with { Accumulation = v } }, 1, 65536),
        Unsigned("train.seed", c => c.Train.Seed, (c, v) => c with { Train = c.Train with { Seed = v } }),
        Integer("train.threads", c => c.Train.Threads, (c, v) => c with { Train = c.Train with { Threads = v } }, 0, 1024),
        Flag("train.recompute", c => c.Train.Recompute, (c, v) => c with { Train = c.Train with { Recompute = v } }),
    ];

    private static ConfigKey[] OptimizerKeys() =>
    [
        Choice("optimizer.name", OptimizerKinds.Names, c => c.Optimizer.Name, (c, v) => With(c, o => o with { Name = v })),
        Choice("optimizer.preset", OptimizerKinds.PresetNames, c => c.Optimizer.Preset, (c, v) => With(c, o => o with { Preset = v })),
        OptionalChoice("optimizer.orthogonalizer", MuonSharp.Optimizers.Orthogonalizers.Names, "the preset's",
            c => c.Optimizer.Orthogonalizer, (c, v) => With(c, o => o with { Orthogonalizer = v })),
        OptionalNumber("optimizer.learningRate", "must be a number of 0 or more, or null for the optimizer's default",
            c => c.Optimizer.LearningRate, (c, v) => With(c, o => o with { LearningRate = v }), v => v >= 0),
        Number("optimizer.momentum", BelowOne, c => c.Optimizer.Momentum,
            (c, v) => With(c, o => o with { Momentum = v }), v => v is >= 0 and < 1),
        Integer("optimizer.momentumWarmup", c => c.Optimizer.MomentumWarmup,
            (c, v) => With(c, o => o with { MomentumWarmup = v }), 0),
        Number("optimizer.weightDecay", NonNegative, c => c.Optimizer.WeightDecay,
            (c, v) => With(c, o => o with { WeightDecay = v }), v => v >= 0),
        Number("optimizer.clipNorm", NonNegative, c => c.Optimizer.ClipNorm,
            (c, v) => With(c, o => o with { ClipNorm = v }), v => v >= 0),
        Number("optimizer.auxiliary.learningRate", NonNegative, c => c.Optimizer.Auxiliary.LearningRate,
            (c, v) => With(c, o => o with { Auxiliary = o.Auxiliary with { LearningRate = v } }), v => v >= 0),
        Number("optimizer.auxiliary.beta1", BelowOne, c => c.Optimizer.Auxiliary.Beta1,
            (c, v) => With(c, o => o with { Auxiliary = o.Auxiliary with { Beta1 = v } }), v => v is >= 0 and < 1),
        Number("optimizer.auxiliary.beta2", BelowOne, c => c.Optimizer.Auxiliary.Beta2,
            (c, v) => With(c, o => o with { Auxiliary = o.Auxiliary with { Beta2 = v } }), v => v is >= 0 and < 1),
        Number("optimizer.auxiliary.epsilon", "must be a number of 1.2e-38 or more", c => c.Optimizer.Auxiliary.Epsilon,
            (c, v) => With(c, o => o with { Auxiliary = o.Auxiliary with { Epsilon = v } }), v => v >= 1.2e-38),
        Number("optimizer.auxiliary.weightDecay", NonNegative, c => c.Optimizer.Auxiliary.WeightDecay,
            (c, v) => With(c, o => o with { Auxiliary = o.Auxiliary with { WeightDecay = v } }), v => v >= 0),
        Choice("optimizer.schedule.name", ScheduleKinds.Names,
            c => c.Optimizer.Schedule.Name, (c, v) => With(c, o => o with { Schedule = o.Schedule with { Name = v } })),
        Integer("optimizer.schedule.warmup", c => c.Optimizer.Schedule.Warmup,
            (c, v) => With(c, o => o with { Schedule = o.Schedule with { Warmup = v } }), 0),
        Number("optimizer.schedule.decayShare", FromZeroToOne, c => c.Optimizer.Schedule.DecayShare,
            (c, v) => With(c, o => o with { Schedule = o.Schedule with { DecayShare = v } }), v => v is >= 0 and <= 1),
        Number("optimizer.schedule.floor", FromZeroToOne, c => c.Optimizer.Schedule.Floor,
            (c, v) => With(c, o => o with { Schedule = o.Schedule with { Floor = v } }), v => v is >= 0 and <= 1),
    ];

    private static ConfigKey[] IntervalKeys() =>
    [
        Interval("evaluate.every", c => c.Evaluate.Every, (c, v) => c with { Evaluate = c.Evaluate with { Every = v } }),
        Integer("evaluate.batch", c => c.Evaluate.Batch, (c, v) => c with { Evaluate = c.Evaluate with { Batch = v } }, 1, 65536),
        Interval("sample.every", c => c.Sample.Every, (c, v) => c with { Sample = c.Sample with { Every = v } }),
        Integer("sample.tokens", c => c.Sample.Tokens, (c, v) => c with { Sample = c.Sample with { Tokens = v } }, 1),
        Text("sample.prompt", c => c.Sample.Prompt, (c, v) => c with { Sample = c.Sample with { Prompt = v } }),
        Number("sample.temperature", NonNegative, c => c.Sample.Temperature,
            (c, v) => c with { Sample = c.Sample with { Temperature = v } }, v => v >= 0),
        Integer("sample.topK", c => c.Sample.TopK, (c, v) => c with { Sample = c.Sample with { TopK = v } }, 0),
        Number("sample.topP", "must be a number above 0 and at most 1", c => c.Sample.TopP,
            (c, v) => c with { Sample = c.Sample with { TopP = v } }, v => v is > 0 and <= 1),
        Interval("checkpoint.every", c => c.Checkpoint.Every, (c, v) => c with { Checkpoint = c.Checkpoint with { Every = v } }),
        Integer("checkpoint.keep", c => c.Checkpoint.Keep, (c, v) => c with { Checkpoint = c.Checkpoint with { Keep = v } }, 1),
        Interval("log.every", c => c.Log.Every, (c, v) => c with { Log = c.Log with { Every = v } }),
    ];

    private static TrainingConfig With(TrainingConfig config, Func<OptimizerSettings, OptimizerSettings> change) =>
        config with { Optimizer = change(config.Optimizer) };
}
