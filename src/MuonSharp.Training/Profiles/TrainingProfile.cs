using System.Diagnostics;
using MuonSharp.Nn;
using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>Where the time of training steps goes: data, operations forward and backward, the optimizer's stages, spectra where they came, and what is left.</summary>
/// <remarks>Asked for with <see cref="TrainerOptions.Profile"/>. Measuring takes some readings of the clock a step, allocates nothing and changes no result.
/// The first steps, in which the compiler is still at work, do not count in a run of more than a few.</remarks>
public sealed class TrainingProfile
{
    private readonly TaskProfile? _task;
    private readonly OptimizerProfile _optimizer;
    private long _whole;
    private long _spectra;
    private long _samples;

    internal TrainingProfile(TaskProfile? task, OptimizerProfile optimizer) => (_task, _optimizer) = (task, optimizer);

    /// <summary>Steps that were measured.</summary>
    public long Steps { get; private set; }

    /// <summary>Milliseconds of a step, its share of the spectra included.</summary>
    public double StepMilliseconds => PerStep(Stopwatch.GetElapsedTime(0, _whole));

    /// <summary>Rows in the order of a step; their times add up to the step's. Read it between events.</summary>
    public IReadOnlyList<ProfileRow> Rows()
    {
        if (Steps == 0)
        {
            return [];
        }

        List<ProfileRow> rows = [];
        if (_task is not null)
        {
            rows.Add(Row("data", "the batch", string.Empty, Steps, _task.Data, 0, 0));
            rows.AddRange(_task.Tape.Operations().Select(operation => Row(
                operation.Backward ? "backward" : "forward", operation.Name, operation.Shape, operation.Calls, operation.Elapsed, operation.Work.Flops, operation.Work.Bytes)));
        }

        rows.AddRange(_optimizer.Stages().Select(stage => Row(
            "optimizer", $"{stage.Optimizer}: {stage.Stage}", string.Empty, stage.Calls, stage.Elapsed, stage.Flops, stage.Bytes)));
        if (_samples > 0)
        {
            rows.Add(Row("spectra", "singular values", string.Empty, _samples, Stopwatch.GetElapsedTime(0, _spectra), 0, 0));
        }

        double left = Math.Max(0, StepMilliseconds - rows.Sum(row => row.Milliseconds));
        rows.Add(new ProfileRow("other", "gradients to zero, clip, reports", string.Empty, 1, left, Share(left), 0, 0));
        return rows;
    }

    /// <summary>Forgets what was measured.</summary>
    public void Reset()
    {
        (_whole, _spectra, _samples, Steps) = (0, 0, 0, 0);
        _task?.Reset();
        _optimizer.Reset();
    }

    internal void AddStep(long start)
    {
        _whole += Stopwatch.GetTimestamp() - start;
        Steps++;
    }

    /// <summary>Adds what comes after some steps: spectra, from their computation to their lines in the metrics.</summary>
    internal void AddSpectra(long start)
    {
        long elapsed = Stopwatch.GetTimestamp() - start;
        _whole += elapsed;
        _spectra += elapsed;
        _samples++;
    }

    private ProfileRow Row(string phase, string name, string shape, long calls, TimeSpan elapsed, double flops, double bytes) =>
        new(phase, name, shape, (double)calls / Steps, PerStep(elapsed), Share(PerStep(elapsed)), flops / Steps, bytes / Steps);

    private double PerStep(TimeSpan elapsed) => Steps == 0 ? 0 : elapsed.TotalMilliseconds / Steps;

    private double Share(double milliseconds) => StepMilliseconds > 0 ? Math.Min(1, milliseconds / StepMilliseconds) : 0;
}

/// <summary>Where a part of a step's time went; figures are means over the measured steps.</summary>
/// <param name="Phase"><c>data</c>, <c>forward</c>, <c>backward</c>, <c>optimizer</c>, <c>spectra</c> or <c>other</c>.</param>
/// <param name="Name">The operation, or the optimizer and its stage.</param>
/// <param name="Shape">Sizes that tell an operation from others of its name; may be empty.</param>
/// <param name="Calls">Runs a step.</param>
/// <param name="Milliseconds">Time a step.</param>
/// <param name="Share">Time over the whole step's, 0 to 1.</param>
/// <param name="Flops">Multiply-adds of matrix products a step, two operations each; elementwise arithmetic counts nothing.</param>
/// <param name="Bytes">Bytes that have to move at least once, a step; 0 where they are not counted.</param>
public sealed record ProfileRow(string Phase, string Name, string Shape, double Calls, double Milliseconds, double Share, double Flops, double Bytes)
{
    /// <summary>10⁹ operations a second; 0 without products.</summary>
    public double Gflops => Milliseconds > 0 ? Flops / Milliseconds / 1e6 : 0;

    /// <summary>10⁹ bytes a second; 0 where they are not counted.</summary>
    public double GigabytesPerSecond => Milliseconds > 0 ? Bytes / Milliseconds / 1e6 : 0;
}

/// <summary>Where the time of a task's micro-batches goes: the making of the batch, and the operations of its tape.</summary>
/// <param name="tape">The profile of the tape that trains.</param>
public sealed class TaskProfile(TapeProfile tape)
{
    private long _data;

    /// <summary>The operations of the tape.</summary>
    public TapeProfile Tape { get; } = tape;

    /// <summary>Time that the making of batches took.</summary>
    public TimeSpan Data => Stopwatch.GetElapsedTime(0, _data);

    /// <summary>The clock for <see cref="AddData"/>, which is only read if somebody measures.</summary>
    /// <param name="profile">The profile; null: 0 is returned.</param>
    public static long Now(TaskProfile? profile) => profile is null ? 0 : Stopwatch.GetTimestamp();

    /// <summary>Adds the time since the making of a batch began.</summary>
    /// <param name="start">What <see cref="Now"/> said then.</param>
    public void AddData(long start) => _data += Stopwatch.GetTimestamp() - start;

    internal void Reset()
    {
        _data = 0;
        Tape.Reset();
    }
}
