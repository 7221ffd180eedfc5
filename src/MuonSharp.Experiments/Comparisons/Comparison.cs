using MuonSharp.Formats;
using MuonSharp.Training;

namespace MuonSharp.Experiments;

/// <summary>Trains the same model on the same data under several optimizers, and says which needs how much to reach the same loss.</summary>
/// <remarks>
/// <para>For each optimizer: full runs over its learning rates; then, at the best one and the next greater one, shorter runs of ascending length, up to the
/// first whose final loss is at most the first optimizer's. Last, steps are timed side by side (<see cref="StepMeasurement"/>).</para>
/// <para>Each run is an ordinary run folder. What is there is not done again, and what was interrupted goes on at its checkpoint: a
/// comparison that was stopped ends with the same losses as one that was not.</para>
/// <para>With several seeds every run is done under each, and losses are means over them. Runs go on beside each other only where all of them are needed whatever comes of any, so
/// neither the losses nor which runs there are depend on how many go on at once.</para>
/// </remarks>
public sealed class Comparison : IExperiment<ComparisonEvent, ComparisonResult>
{
    private readonly ComparisonPlan _plan;
    private readonly ComparisonFile _file;
    private readonly RunLock _lock;
    private MeasuredTimes _times;

    private Comparison(ComparisonPlan plan, string folder, RunLock held, ComparisonFile file)
    {
        (_plan, Folder, _lock, _file) = (plan, folder, held, file);
        _times = file.TakeUp(plan);
    }

    /// <summary>Path of the comparison's folder.</summary>
    public string Folder { get; }

    /// <summary>Opens a folder for a comparison: a new one, or one that an earlier call of the same comparison has left.</summary>
    /// <param name="plan">What is compared.</param>
    /// <param name="folder">The folder; made if it is missing.</param>
    /// <exception cref="ConfigurationException">The folder holds a comparison of another configuration or other data, or a run.</exception>
    /// <exception cref="InvalidFileException">The folder's <c>compare.json</c> is damaged.</exception>
    /// <exception cref="RunLockedException">Another process owns the folder.</exception>
    /// <exception cref="WriteFailedException">The folder cannot be written.</exception>
    public static Comparison Open(ComparisonPlan plan, string folder)
    {
        IFileOperations files = plan.Options.Surroundings.Files;
        return ExperimentFolder.Own("compare", folder, files, held => new Comparison(plan, folder, held, new ComparisonFile(folder, files)));
    }

    /// <summary>Does all that is left to do.</summary>
    /// <param name="tell">Called for everything that happens, one at a time.</param>
    /// <param name="cancellation">Asks to finish the steps that are going on, write checkpoints and return.</param>
    /// <returns>The result; not complete if it was cancelled.</returns>
    /// <exception cref="ConfigurationException">A run's folder holds one of another configuration.</exception>
    /// <exception cref="WriteFailedException">The folder cannot be written; what was complete stays complete.</exception>
    public async Task<ComparisonResult> RunAsync(Action<ComparisonEvent> tell, CancellationToken cancellation = default)
    {
        List<OptimizerSearch> searches = [];
        for (int i = 0; i < _plan.Entries.Count; i++)
        {
            searches.Add(new(_plan, i, i == 0 ? null : searches[0]));
        }

        Keep([]);
        ComparisonRunner runner = new(_plan, Folder, tell, Keep);
        foreach (OptimizerSearch search in searches)
        {
            if (!await search.RunAsync(runner, cancellation))
            {
                return Result(runner.Trials, complete: false);
            }
        }

        if (!Measure([.. searches.Select(search => search.Row)], tell, cancellation))
        {
            return Result(runner.Trials, complete: false);
        }

        ComparisonResult result = Result(runner.Trials, complete: true);
        _file.Write(result);
        return result;

        void Keep(IReadOnlyList<ComparisonTrial> trials) => _file.Write(Result(trials, complete: false));

        ComparisonResult Result(IReadOnlyList<ComparisonTrial> trials, bool complete) => new(
            _plan, [.. searches.Select(search => search.Row with { Timing = _times.Of(search.Row.Label) })], [.. trials], complete)
        {
            Environment = _times.Environment,
        };
    }

    /// <summary>Gives the folder up.</summary>
    public void Dispose() => _lock.Dispose();

    private bool Measure(IReadOnlyList<ComparisonRow> rows, Action<ComparisonEvent> tell, CancellationToken cancellation)
    {
        if (!_plan.Options.MeasureAgain && rows.All(row => _times.Of(row.Label) is not null))
        {
            return true;
        }

        StepMeasurementOptions options = _plan.Measurement;
        using StepMeasurement measurement = new(
            [.. _plan.Entries.Select((entry, i) => (entry.Label, entry.Config(rows[i].Best?.Task.LearningRate ?? entry.LearningRates[0], _plan.Steps)))],
            options,
            _plan.Options.Surroundings);
        tell(new ComparisonMeasuring(0, options.Rounds));
        try
        {
            IReadOnlyList<StepTiming> timings = measurement.Run(round => tell(new ComparisonMeasuring(round, options.Rounds)), cancellation);
            _times = new(
                timings.ToDictionary(timing => timing.Label, StringComparer.Ordinal),
                RunEnvironment.Describe(measurement.Threads, _plan.Options.Surroundings.Time));
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
