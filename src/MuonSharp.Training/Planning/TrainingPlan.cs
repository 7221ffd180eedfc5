using System.Collections.Immutable;
using MuonSharp.Nn;
using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>A run on paper, for a model of any size: who steps what and why, matrices, arithmetic, overhead, memory. Nothing is trained, no weight allocated.</summary>
public sealed class TrainingPlan
{
    private TrainingPlan(TrainingConfig config, DecoderOutline model)
    {
        Config = config;
        Vocabulary = model.Config.Vocabulary;
        Threads = config.Train.Threads == 0 ? Environment.ProcessorCount : config.Train.Threads;
        Routing = RoutingPlan.Make(model.Parameters, OptimizerKinds.Routes(config.Optimizer));
        Step = StepArithmetic.Of(model.Config, model.Parameters, config.TokensPerStep);
        Optimizer = OptimizerArithmetic.Of(Routing, config.Model.Width, Step);
        Memory = PlannedMemory.Of(model, Routing, config.Train.Batch, Threads);
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

    /// <summary>Memory.</summary>
    public PlannedMemory Memory { get; }

    /// <summary>Plans a run. A text that is named is checked as for training; the embedded one is read only where its tokenizer decides the vocabulary,
    /// which <c>model.vocabulary</c> makes unnecessary.</summary>
    /// <param name="config">The configuration of the run.</param>
    /// <exception cref="ConfigurationException">The configuration breaks rules; all are named.</exception>
    /// <exception cref="BadInputException">The text cannot be read, is too short, lacks a character of the prompt, or knows more tokens than the model.</exception>
    public static TrainingPlan Of(TrainingConfig config)
    {
        IReadOnlyList<string> problems = config.Validate();
        if (problems.Count > 0)
        {
            throw new ConfigurationException(problems);
        }

        DecoderConfig decoder = config is { Model.Vocabulary: > 0, Data.File: null }
            ? DecoderConfigs.Create(config.Model, config.Model.Vocabulary)
            : DecoderConfigs.Create(config.Model, Tokenizer(config));
        problems = decoder.Problems();
        return problems.Count == 0
            ? new TrainingPlan(config, new DecoderOutline(decoder) { RecomputesBlocks = config.Train.Recompute })
            : throw new ConfigurationException([.. problems.Select(problem => $"[config] model: {problem}")]);
    }

    private static ITokenizer Tokenizer(TrainingConfig config)
    {
        ITokenizer tokenizer = config.Data.File is null
            ? TokenizerKinds.Create(config.Data.Tokenizer, EmbeddedCorpus.Read())
            : TextData.Load(config).Tokenizer;
        _ = config.Data.File is null ? [] : TextPieces.Prompt(tokenizer, config.Sample.Prompt);
        return tokenizer;
    }
}

/// <summary>The native memory of a training run, in bytes, known without allocating it.</summary>
/// <remarks>Left out: evaluation and samples, which have arenas of their own, the few bytes of token buffers, and the workers' packing memory.</remarks>
/// <param name="Weights">The store's weights.</param>
/// <param name="Gradients">The store's gradients.</param>
/// <param name="Optimizers">State and scratch of each optimizer.</param>
/// <param name="Activations">The arena of a training program for one micro-batch: activations, their gradients, scratch.</param>
/// <param name="NeededActivations">Of it, what the backward run reads of the forward run, at the time when that is most: the rest is overhead.</param>
public sealed record PlannedMemory(
    long Weights, long Gradients, ImmutableArray<OptimizerCost> Optimizers, long Activations, long NeededActivations)
{
    /// <summary>State of all optimizers.</summary>
    public long OptimizerState => Optimizers.Sum(static optimizer => optimizer.StateBytes);

    /// <summary>Everything together: all of it is there from the first step on, so it is the peak as well.</summary>
    public long Total => Weights + Gradients + Activations + Optimizers.Sum(static optimizer => optimizer.StateBytes + optimizer.ScratchBytes);

    /// <summary>What no implementation of this step can do without: weights, gradients, optimizer state and the activations that the backward run needs.</summary>
    public long Needed => Weights + Gradients + OptimizerState + NeededActivations;

    /// <summary>What comes on top: gradients of activations, scratch, gaps.</summary>
    public long Overhead => Total - Needed;

    /// <summary>Everything over what is needed, 1 or more.</summary>
    public double Ratio => (double)Total / Needed;

    internal static PlannedMemory Of(DecoderOutline model, RoutingPlan routing, int batch, int threads)
    {
        long floats = ParameterStore.PlannedLength(model.Parameters);
        return Of(floats, model.PlanMemory(batch, model.Config.Context, training: true, threads), routing, threads);
    }

    internal static PlannedMemory Of(long floats, MemoryPlan arena, RoutingPlan routing, int threads) => new(
        floats * sizeof(float),
        floats * sizeof(float),
        routing.Costs(threads),
        arena.ArenaLength * sizeof(float),
        arena.NeededLength * sizeof(float));
}
