using MuonSharp.Nn;
using MuonSharp.Optimizers;
using MuonSharp.Training;

namespace MuonSharp.Experiments;

/// <summary>A run on paper, for a model of any size: who steps what and why, matrices, arithmetic, overhead, memory. Nothing is trained, no weight allocated.</summary>
public sealed class TrainingPlan
{
    private TrainingPlan(TrainingConfig config, ModelBlueprint model)
    {
        Config = config;
        Vocabulary = model.Config.Vocabulary;
        Threads = config.Train.Threads ?? Environment.ProcessorCount;
        Routing = RoutingPlan.Make(model.Parameters, OptimizerKinds.Routes(config.Optimizer));
        Step = StepArithmetic.Of(model.Config, model.Parameters, config.TokensPerStep);
        Optimizer = OptimizerArithmetic.Of(Routing, config.Model.Width, Step);
        Spectra = SpectrumPlan.Of(Routing, TrainerSettings.Of(config), model.PlanFlops(config.Train.MicroBatch, model.Config.Context), Threads);
        Memory = PlannedMemory.Of(model, Routing, config.Train, Threads) with { Spectra = Spectra?.Bytes ?? 0 };
        Parameters = model.Parameters.Sum(static parameter => (long)parameter.Length);
    }

    /// <summary>The configuration.</summary>
    public TrainingConfig Config { get; }

    /// <summary>Number of tokens that the model knows.</summary>
    public int Vocabulary { get; }

    /// <summary>Threads that scratch memory is planned for.</summary>
    public int Threads { get; }

    /// <summary>Number of weights.</summary>
    public long Parameters { get; }

    /// <summary>Which parameter goes to which optimizer and why, and the matrices that it is split into.</summary>
    public RoutingPlan Routing { get; }

    /// <summary>What looks like a mistake and is none by the rules: a learning rate that seems meant in another unit, a key that the optimizer does not use. Usually empty.</summary>
    public IReadOnlyList<string> Advice => [.. LearningRateUnits.Check(Routing), .. UnusedKeys.Remarks(Config)];

    /// <summary>Arithmetic of the model.</summary>
    public StepArithmetic Step { get; }

    /// <summary>Arithmetic of the optimizer, and its overhead.</summary>
    public OptimizerArithmetic Optimizer { get; }

    /// <summary>Which matrices' singular values are measured, how often, and what it costs; null where none are.</summary>
    public SpectrumPlan? Spectra { get; }

    /// <summary>Memory.</summary>
    public PlannedMemory Memory { get; }

    /// <summary>Plans a run. A text that is named is checked as for training; the embedded one is read only where its tokenizer decides the vocabulary,
    /// which <c>model.vocabulary</c> makes unnecessary.</summary>
    /// <param name="config">The configuration of the run.</param>
    /// <exception cref="ConfigurationException">The configuration breaks rules, or names a matrix that the model does not have; all are named.</exception>
    /// <exception cref="BadInputException">The text cannot be read, is too short, lacks a character of the prompt, or knows more tokens than the model.</exception>
    public static TrainingPlan Of(TrainingConfig config)
    {
        IReadOnlyList<string> problems = config.Validate();
        if (problems.Count > 0)
        {
            throw new ConfigurationException(problems);
        }

        ComparisonRules.RequireLanguage(config, "plan");
        config = WeightSource.Complete(config);
        LanguageModelConfig decoder = config is { Model.Vocabulary: { } vocabulary, Data.File: null }
            ? LanguageModelConfigs.Create(config.Model, vocabulary)
            : LanguageModelConfigs.Create(config.Model, Tokenizer(config));
        problems = decoder.Problems();
        return problems.Count == 0
            ? new TrainingPlan(config, new ModelBlueprint(decoder) { RecomputesBlocks = config.Train.Recompute })
            : throw new ConfigurationException([.. problems.Select(problem => $"[config] model: {problem}")]);
    }

    private static ITokenizer Tokenizer(TrainingConfig config)
    {
        ITokenizer tokenizer = config is { Data.File: null, Train.From: null }
            ? TokenizerKinds.Create(config.Data.Tokenizer, EmbeddedCorpus.Read())
            : TextData.Load(config).Tokenizer;
        _ = config.Data.File is null ? [] : TextPieces.Prompt(tokenizer, config.Sample.Prompt, name: "sample.prompt");
        return tokenizer;
    }
}
