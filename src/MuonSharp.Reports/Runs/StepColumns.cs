using MuonSharp.Optimizers;
using MuonSharp.Training;

namespace MuonSharp.Reports;

/// <summary>The step lines of a run, a list for each number: what charts are drawn from.</summary>
/// <remarks>An entry is a line. Of a run with more than <see cref="Most"/> of them it is some lines together, so that memory and drawing have an end, however long the run.</remarks>
internal sealed class StepColumns
{
    /// <summary>How many entries there are at most: far more than a chart has columns.</summary>
    public const int Most = 1 << 17;

    private const double Mebibyte = 1 << 20;
    private const double SmoothingShare = 0.9;

    private readonly List<double> _steps = [];
    private readonly List<double> _seconds = [];
    private readonly List<double> _units = [];
    private readonly List<double> _memorySteps = [];
    private readonly List<double> _workingSet = [];
    private readonly List<double> _managed = [];
    private readonly List<RateColumn> _rates = [];
    private readonly List<LineColumn> _layerLogits = [];
    private readonly List<double> _layers = [];
    private int _inLast;
    private (double Sum, double Weight) _smoothed;

    /// <summary>How many lines are an entry together.</summary>
    public int Together { get; private set; } = 1;

    /// <summary>Steps done, ascending: of each entry the last.</summary>
    public IReadOnlyList<double> Steps => _steps;

    /// <summary>Time of all steps so far, without evaluations and pauses; steps between two lines count as the second.</summary>
    public IReadOnlyList<double> Seconds => _seconds;

    /// <summary>Units of data seen.</summary>
    public IReadOnlyList<double> Units => _units;

    /// <summary>Time of all steps.</summary>
    public double LastSeconds => _seconds.Count == 0 ? 0 : _seconds[^1];

    /// <summary>Units of data seen in all.</summary>
    public double LastUnits => _units.Count == 0 ? 0 : _units[^1];

    /// <summary>What the data is counted in.</summary>
    public string Unit { get; private set; } = "tokens";

    /// <summary>Training losses; NaN for a step that had none.</summary>
    public LineColumn Losses { get; } = new();

    /// <summary>The mean of losses that the terminal shows: 0.9 of the old one, free of its start at zero; NaN before the first.</summary>
    public double SmoothedLoss => _smoothed.Weight == 0 ? double.NaN : _smoothed.Sum / _smoothed.Weight;

    /// <summary>Global norms of the raw gradients.</summary>
    public LineColumn GradientNorms { get; } = new();

    /// <summary>Units of data a second.</summary>
    public LineColumn UnitsPerSecond { get; } = new();

    /// <summary>Greatest attention logits.</summary>
    public LineColumn Logits { get; } = new();

    /// <summary>Heads that QK-clip scaled down.</summary>
    public LineColumn ClippedHeads { get; } = new();

    /// <summary>Steps whose lines have the process's memory.</summary>
    public IReadOnlyList<double> MemorySteps => _memorySteps;

    /// <summary>Memory of the process in MiB, at those steps.</summary>
    public IReadOnlyList<double> WorkingSet => _workingSet;

    /// <summary>Managed memory in MiB, at those steps.</summary>
    public IReadOnlyList<double> Managed => _managed;

    /// <summary>Learning rates, a column for each group.</summary>
    public IReadOnlyList<RateColumn> Rates => _rates;

    /// <summary>Greatest attention logits, a column for each layer.</summary>
    public IReadOnlyList<LineColumn> LayerLogits => _layerLogits;

    /// <summary>Takes a line; one that does not go on from the last is left out.</summary>
    public void Add(StepLine line)
    {
        double before = _steps.Count == 0 ? 0 : _steps[^1], seconds = LastSeconds;
        if (line.Step <= before && _steps.Count > 0)
        {
            return;
        }

        bool begins = _inLast == 0 || _inLast == Together;
        if (begins && _steps.Count == Most)
        {
            Halve();
        }

        _inLast = begins ? 1 : _inLast + 1;
        Set(_steps, begins, line.Step);
        Set(_seconds, begins, seconds + (double.IsFinite(line.StepMilliseconds) ? line.StepMilliseconds / 1000 * (line.Step - before) : 0));
        Set(_units, begins, line.Units);
        Unit = line.Unit;
        _smoothed = double.IsFinite(line.Loss) ? ((SmoothingShare * _smoothed.Sum) + ((1 - SmoothingShare) * line.Loss), (SmoothingShare * _smoothed.Weight) + (1 - SmoothingShare)) : _smoothed;
        Set(Losses, begins, line.Loss);
        Set(GradientNorms, begins, line.GradientNorm);
        Set(UnitsPerSecond, begins, line.UnitsPerSecond);
        Set(Logits, begins, line.MaximumLogit);
        Set(ClippedHeads, begins, line.ClippedHeads);
        if (line.Memory is { } memory)
        {
            _memorySteps.Add(line.Step);
            _workingSet.Add(memory.WorkingSet / Mebibyte);
            _managed.Add(memory.Managed / Mebibyte);
        }

        foreach (GroupLearningRate rate in line.LearningRates)
        {
            RateColumn.Set(_rates, rate.Group, _steps.Count, rate.Value);
        }

        AddHeads(line.Heads, begins);
    }

    /// <summary>An entry's value at a step: that of the last one up to it.</summary>
    public double At(IReadOnlyList<double> column, double step)
    {
        int below = -1, above = _steps.Count;
        while (above - below > 1)
        {
            int middle = (below + above) / 2;
            (below, above) = _steps[middle] <= step ? (middle, above) : (below, middle);
        }

        return below < 0 ? 0 : column[below];
    }

    /// <summary>Makes all columns as long as the steps.</summary>
    public void Complete() => _rates.ForEach(rate => rate.Extend(_steps.Count));

    private void AddHeads(IReadOnlyList<HeadClip> heads, bool begins)
    {
        _layers.Clear();
        _layers.AddRange(Enumerable.Repeat(double.NaN, _layerLogits.Count));
        foreach (HeadClip head in heads)
        {
            for (; _layerLogits.Count <= head.Layer; _layers.Add(double.NaN))
            {
                _layerLogits.Add(new());
                _layerLogits[^1].Pad(_steps.Count - (begins ? 1 : 0));
            }

            _layers[head.Layer] = double.IsFinite(head.MaximumLogit) && !(_layers[head.Layer] >= head.MaximumLogit) ? head.MaximumLogit : _layers[head.Layer];
        }

        for (int layer = 0; layer < _layerLogits.Count; layer++)
        {
            Set(_layerLogits[layer], begins, _layers[layer]);
        }
    }

    private void Halve()
    {
        Complete();
        Together *= 2;
        RateColumn.KeepLater(_steps);
        RateColumn.KeepLater(_seconds);
        RateColumn.KeepLater(_units);
        _rates.ForEach(rate => rate.Halve());
        foreach (LineColumn column in _layerLogits.Concat([Losses, GradientNorms, UnitsPerSecond, Logits, ClippedHeads]))
        {
            column.Halve();
        }
    }

    private static void Set(List<double> column, bool begins, double value)
    {
        if (begins)
        {
            column.Add(value);
        }

        column[^1] = value;
    }

    private static void Set(LineColumn column, bool begins, double value)
    {
        if (begins)
        {
            column.Begin(value);
        }
        else
        {
            column.Join(value);
        }
    }
}
