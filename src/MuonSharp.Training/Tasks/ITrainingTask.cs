using MuonSharp.Nn;
using MuonSharp.Numerics;
using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>What is trained: a model, its data, and how well it does. A <see cref="Trainer"/> knows nothing else of it.</summary>
/// <remarks>
/// <para>Whatever the task, its runs have the same folder, metrics, checkpoints, resume to the same bits, events and profile. In return, what a
/// micro-batch holds is a function of the task's seed, the step and the micro-batch's number alone: then the position in the data is the step, and there
/// is nothing to save.</para>
/// <para><see cref="LanguageTask"/> is the task of a language model on a text, <see cref="SupervisedTask"/> that of a network on arrays,
/// <see cref="ImageTask"/> that of a network on images.</para>
/// </remarks>
public interface ITrainingTask : IDisposable
{
    /// <summary>What is trained: weights with gradients, by name.</summary>
    ParameterStore Parameters { get; }

    /// <summary>The attention layers, in the order of <see cref="MaximumLogits"/>; a network without attention has none.</summary>
    IReadOnlyList<AttentionHeads> AttentionHeads => [];

    /// <summary>The workers that compute the model; the optimizer uses them too.</summary>
    WorkerTeam Team { get; }

    /// <summary>One word for what the task is: <c>language</c>, <c>regression</c>. A run can only be resumed with a task of its kind.</summary>
    string Kind { get; }

    /// <summary>What the data is counted in, in lower case and the plural: <c>tokens</c>, <c>samples</c>. A key of the step lines in <c>metrics.jsonl</c>.</summary>
    string Unit { get; }

    /// <summary>How many of them a micro-batch holds.</summary>
    long UnitsPerMicroBatch { get; }

    /// <summary>What a banner tells, as names and values in order.</summary>
    IReadOnlyList<(string Name, string Value)> Facts { get; }

    /// <summary>What a user should know of the data before the first step, one line each. Default: nothing.</summary>
    /// <param name="unitsPerStep">How much of the data a step takes, in <see cref="Unit"/>.</param>
    /// <param name="steps">Steps of the whole run.</param>
    IReadOnlyList<string> Advice(long unitsPerStep, long steps) => [];

    /// <summary>Says what data it is, such as a hash: a resumed run compares it with that of the run's start.</summary>
    string DataIdentity { get; }

    /// <summary>Files that a run folder keeps because its checkpoints mean nothing without them, by name: a language model's <c>tokenizer.json</c>.</summary>
    IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Files => NoFiles.Instance;

    /// <summary>Each head's greatest attention logit in the last <see cref="Run(long, int, float)"/>, layer by layer; as many as <see cref="AttentionHeads"/> has heads.</summary>
    ReadOnlySpan<float> MaximumLogits => [];

    /// <summary>The memory of the program that trains; null where it is not known, and then no banner counts it.</summary>
    MemoryPlan? MemoryPlan => null;

    /// <summary>FLOPs of the matrix products of <see cref="Run(long, int, float)"/>, the same on every machine: <see cref="Tape.Flops"/>. By them the steps between spectra are chosen; null where they are not known.</summary>
    double? FlopsPerMicroBatch => null;

    /// <summary>One micro-batch: draw it, forward, backward; adds its gradients to those of the parameters.</summary>
    /// <param name="step">The step, from 1.</param>
    /// <param name="microBatch">Number of the micro-batch within the step, from 0.</param>
    /// <param name="gradientScale">Factor of the gradients: 1/k for each of k micro-batches.</param>
    /// <returns>The mean loss of the micro-batch, without the factor.</returns>
    double Run(long step, int microBatch, float gradientScale);

    /// <summary>The same, telling which gradients are complete while the others are still computed, so that ranks can exchange them meanwhile. Default: it tells nothing.</summary>
    /// <param name="step">The step, from 1.</param>
    /// <param name="microBatch">Number of the micro-batch.</param>
    /// <param name="gradientScale">Factor of the gradients.</param>
    /// <param name="gradientFinal">Told each parameter once this run contributes nothing more to its gradient; what it is not told of is complete at the end.</param>
    /// <returns>The mean loss of the micro-batch, without the factor.</returns>
    double Run(long step, int microBatch, float gradientScale, Action<Parameter> gradientFinal) => Run(step, microBatch, gradientScale);

    /// <summary>What the forward runs of a step have counted for <see cref="AfterStep"/>: ranks that train together add it up before. Default: nothing.</summary>
    IReadOnlyList<Memory<long>> StepCounts => [];

    /// <summary>Statistics that the runs of a step move (<see cref="Model.RunStatistics"/>): ranks that train together all take in the runs of all. Default: none.</summary>
    IReadOnlyList<IRunStatistics> RunStatistics => [];

    /// <summary>A step has ended, after the update: what the model's layers do then (<see cref="Model.AfterStep"/>). Default: nothing.</summary>
    /// <param name="skipped">Whether the step was skipped, or ended early.</param>
    void AfterStep(bool skipped)
    {
    }

    /// <summary>How well the model does on data that it is not trained on; null when there is none.</summary>
    /// <param name="cancellation">Asks to stop; to be looked at every second at least.</param>
    /// <exception cref="OperationCanceledException">It was asked to stop.</exception>
    Evaluation? Evaluate(CancellationToken cancellation);

    /// <summary>The same after a step; a task may look closer after some. Default: it looks as it always does.</summary>
    /// <param name="step">Steps done.</param>
    /// <param name="cancellation">Asks to stop.</param>
    /// <exception cref="OperationCanceledException">It was asked to stop.</exception>
    Evaluation? Evaluate(long step, CancellationToken cancellation) => Evaluate(cancellation);

    /// <summary>The evaluation after a step in parts that ranks share, to the number that <see cref="Evaluate(long, CancellationToken)"/> has. Null: each rank makes the whole of it, or there is none. Default: null.</summary>
    /// <param name="step">Steps done.</param>
    EvaluationParts? PartsOfEvaluation(long step) => null;

    /// <summary>Files of the run folder that tell more of the last evaluation, by name; they replace those of the evaluation before.</summary>
    IReadOnlyDictionary<string, ReadOnlyMemory<byte>> EvaluationFiles => NoFiles.Instance;

    /// <summary>Something that the model makes, for people to look at; null when there is nothing to show.</summary>
    /// <param name="step">Steps done: a key of what is random in it.</param>
    /// <param name="cancellation">Asks to stop; to be looked at every second at least.</param>
    /// <exception cref="OperationCanceledException">It was asked to stop.</exception>
    TrainingSample? Sample(long step, CancellationToken cancellation) => null;

    /// <summary>Begins to measure where the time of <see cref="Run(long, int, float)"/> goes, from nothing; null where that is not known.</summary>
    TaskProfile? StartProfile() => null;
}

/// <summary>What a model makes to be looked at.</summary>
/// <param name="Text">What it made.</param>
/// <param name="Prompt">What it was given before; may be empty.</param>
public sealed record TrainingSample(string Text, string Prompt = "");

/// <summary>The files of a task that has none.</summary>
internal static class NoFiles
{
    public static IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Instance { get; } = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
}
