using System.Text.Json;
using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>What the <c>metrics.jsonl</c> of a run says about its loss, and whether the run is over.</summary>
internal sealed class RunCurves
{
    private const int MostTrainingPoints = 200;
    private static readonly JsonOptions s_options = new() { Operation = "compare" };

    private readonly List<CurvePoint> _evaluations = [];
    private readonly List<CurvePoint> _training = [];
    private readonly RunState _state = new();

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
    /// <exception cref="InvalidFileException">The file cannot be read.</exception>
    public static RunCurves Read(RunFolder folder)
    {
        RunCurves curves = new();
        if (!File.Exists(folder.MetricsPath))
        {
            return curves;
        }

        using JsonLineReader lines = new(folder.MetricsPath, s_options);
        while (lines.Next() is { } line)
        {
            if (!curves.TryAdd(line.Value))
            {
                curves.End = null;
                curves.DamagedLine ??= line.Number;
            }
        }

        if (lines.EndsTorn)
        {
            curves.End = null;
            curves.DamagedLine ??= lines.Lines + 1;
        }

        return curves;
    }

    private bool TryAdd(JsonEntry? line)
    {
        try
        {
            Add(line);
            return line is not null;
        }
        catch (InvalidFileException)
        {
            return false;
        }
    }

    private void Add(JsonEntry? line)
    {
        if (line is null)
        {
            return;
        }

        Step = line["step"].WholeNumber(0);
        End = null;
        switch (line["kind"].Text())
        {
            case "step":
                _state.AddLoss(Number(line["loss"]));
                _training.Add(new(Step, _state.SmoothedLoss));
                break;
            case "eval":
                _evaluations.Add(new(Step, Number(line["val_loss"])));
                break;
            case "end":
                End = line["reason"].Text();
                break;
        }
    }

    private static double Number(JsonEntry number) => number.Kind == JsonValueKind.Null ? double.PositiveInfinity : number.Number();
}
