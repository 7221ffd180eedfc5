using MuonSharp.Formats;
using MuonSharp.Training;

namespace MuonSharp.Experiments;

/// <summary>What the <c>metrics.jsonl</c> of a run says about its loss, and whether the run is over.</summary>
internal sealed class RunCurves
{
    private const int MostTrainingPoints = 200;

    private readonly List<CurvePoint> _evaluations = [];
    private readonly List<CurvePoint> _training = [];
    private readonly RunState _state = new();
    private IReadOnlyList<NamedNumber> _last = [];

    /// <summary>The evaluations; a loss that is not finite is infinity.</summary>
    public IReadOnlyList<CurvePoint> Evaluations => _evaluations;

    /// <summary>The smoothed training loss, thinned out evenly; the last point stays.</summary>
    public IReadOnlyList<CurvePoint> Training
    {
        get
        {
            int every = Math.Max(1, (_training.Count + MostTrainingPoints - 1) / MostTrainingPoints);
            return [.. _training.Where((_, i) => (_training.Count - 1 - i) % every == 0)];
        }
    }

    /// <summary>Why the run ended, as its last line says; null for one that has not.</summary>
    public string? End { get; private set; }

    /// <summary>Number of the first line, from 1, that cannot be read; null if all can.</summary>
    public int? DamagedLine { get; private set; }

    /// <summary>Step of the last line.</summary>
    public long Step { get; private set; }

    /// <summary>Reads a run folder; one without metrics, or with a damaged line at the end, is a run that is not over.</summary>
    /// <remarks>A damaged line further up does not hide what the last line says: whether such a run can be taken up or is spoilt is for the caller to say.</remarks>
    /// <param name="folder">The run folder.</param>
    /// <param name="operation">Who reads, for messages.</param>
    /// <exception cref="InvalidFileException">The file cannot be read.</exception>
    public static RunCurves Read(RunFolder folder, string operation)
    {
        RunCurves curves = new();
        if (!File.Exists(folder.MetricsPath))
        {
            return curves;
        }

        using MetricsReader reader = new(folder.MetricsPath, operation);
        while (reader.Next(out string? problem) is var line && (line is not null || problem is not null))
        {
            curves.Add(line, reader.Line);
        }

        if (reader.EndsTorn)
        {
            curves.Add(line: null, reader.Line + 1);
        }

        return curves;
    }

    /// <summary>A number of the last evaluation by its name; null if there is none, or it is not finite.</summary>
    public double? LastNumber(string name)
    {
        foreach (NamedNumber number in _last)
        {
            if (number.Name == name && double.IsFinite(number.Value))
            {
                return number.Value;
            }
        }

        return null;
    }

    private void Add(MetricsLine? line, int number)
    {
        End = null;
        if (line is null)
        {
            DamagedLine ??= number;
            return;
        }

        Step = line.Step;
        switch (line)
        {
            case StepLine step:
                _state.AddLoss(Loss(step.Loss));
                _training.Add(new(Step, _state.SmoothedLoss));
                break;
            case EvaluationLine evaluation:
                _evaluations.Add(new(Step, Loss(evaluation.Numbers[0].Value)));
                _last = evaluation.Numbers;
                break;
            case EndLine end:
                End = end.Reason;
                break;
        }
    }

    private static double Loss(double value) => double.IsFinite(value) ? value : double.PositiveInfinity;
}

/// <summary>A point of a loss curve.</summary>
/// <param name="Step">Number of steps done.</param>
/// <param name="Loss">Nats per token.</param>
public readonly record struct CurvePoint(long Step, double Loss);
