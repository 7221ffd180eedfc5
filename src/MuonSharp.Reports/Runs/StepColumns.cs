using MuonSharp.Optimizers;
using MuonSharp.Training;

namespace MuonSharp.Reports;

/// <summary>The step lines of a run, a list for each number: what charts are drawn from.</summary>
internal sealed class StepColumns
{
    private const double Mebibyte = 1 << 20;

    private readonly List<double> _steps = [];
    private readonly List<double> _seconds = [];
    private readonly List<double> _units = [];
    private readonly List<double> _losses = [];
    private readonly List<double> _gradientNorms = [];
    private readonly List<double> _unitsPerSecond = [];
    private readonly List<double> _optimizerShares = [];
    private readonly List<double> _logits = [];
    private readonly List<double> _clippedHeads = [];
    private readonly List<double> _memorySteps = [];
    private readonly List<double> _workingSet = [];
    private readonly List<double> _managed = [];
    private readonly List<Column> _rates = [];
    private readonly List<Column> _layerLogits = [];

    /// <summary>Steps done, ascending.</summary>
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
    public IReadOnlyList<double> Losses => _losses;

    /// <summary>Global norms of the raw gradients.</summary>
    public IReadOnlyList<double> GradientNorms => _gradientNorms;

    /// <summary>Units of data a second.</summary>
    public IReadOnlyList<double> UnitsPerSecond => _unitsPerSecond;

    /// <summary>The optimizer's share of the step's time.</summary>
    public IReadOnlyList<double> OptimizerShares => _optimizerShares;

    /// <summary>Greatest attention logits.</summary>
    public IReadOnlyList<double> Logits => _logits;

    /// <summary>Heads that QK-clip scaled down.</summary>
    public IReadOnlyList<double> ClippedHeads => _clippedHeads;

    /// <summary>Steps whose lines have the process's memory.</summary>
    public IReadOnlyList<double> MemorySteps => _memorySteps;

    /// <summary>Memory of the process in MiB, at those steps.</summary>
    public IReadOnlyList<double> WorkingSet => _workingSet;

    /// <summary>Managed memory in MiB, at those steps.</summary>
    public IReadOnlyList<double> Managed => _managed;

    /// <summary>Learning rates, a column for each group.</summary>
    public IReadOnlyList<Column> Rates => _rates;

    /// <summary>Greatest attention logits, a column for each layer.</summary>
    public IReadOnlyList<Column> LayerLogits => _layerLogits;

    /// <summary>Takes a line; one that does not go on from the last is left out.</summary>
    public void Add(StepLine line)
    {
        double before = _steps.Count == 0 ? 0 : _steps[^1];
        if (line.Step <= before && _steps.Count > 0)
        {
            return;
        }

        double seconds = double.IsFinite(line.StepMilliseconds) ? line.StepMilliseconds / 1000 : 0;
        _seconds.Add((_seconds.Count == 0 ? 0 : _seconds[^1]) + (seconds * (line.Step - before)));
        _steps.Add(line.Step);
        _units.Add(line.Units);
        Unit = line.Unit;
        _losses.Add(line.Loss);
        _gradientNorms.Add(line.GradientNorm);
        _unitsPerSecond.Add(line.UnitsPerSecond);
        _optimizerShares.Add(line.OptimizerMilliseconds / line.StepMilliseconds);
        _logits.Add(line.MaximumLogit);
        _clippedHeads.Add(line.ClippedHeads);
        if (line.Memory is { } memory)
        {
            _memorySteps.Add(line.Step);
            _workingSet.Add(memory.WorkingSet / Mebibyte);
            _managed.Add(memory.Managed / Mebibyte);
        }

        foreach (GroupLearningRate rate in line.LearningRates)
        {
            Column.Set(_rates, rate.Group, _steps.Count, rate.Value);
        }

        for (int i = 0; i < line.Heads.Count; i++)
        {
            HeadClip head = line.Heads[i];
            Column.Raise(_layerLogits, $"layer {head.Layer}", head.Layer, _steps.Count, head.MaximumLogit);
        }
    }

    /// <summary>A column's value at a step: that of the last line up to it.</summary>
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

    /// <summary>A column with a name.</summary>
    internal sealed class Column(string name)
    {
        private readonly List<double> _values = [];

        /// <summary>Its name.</summary>
        public string Name => name;

        /// <summary>A value for each line; NaN where the line had none.</summary>
        public IReadOnlyList<double> Values => _values;

        /// <summary>Sets the value of the last of so many lines, in the column of that name.</summary>
        public static void Set(List<Column> columns, string name, int lines, double value)
        {
            Column? column = columns.Find(each => each.Name == name);
            if (column is null)
            {
                columns.Add(column = new(name));
            }

            column.Extend(lines);
            column._values[^1] = value;
        }

        /// <summary>Raises the value of the last of so many lines, in the column of that number.</summary>
        public static void Raise(List<Column> columns, string name, int number, int lines, double value)
        {
            if (number >= columns.Count)
            {
                columns.Add(new(name));
            }

            Column column = columns[Math.Min(number, columns.Count - 1)];
            column.Extend(lines);
            column._values[^1] = double.IsFinite(value) && !(column._values[^1] >= value) ? value : column._values[^1];
        }

        /// <summary>Fills up to so many lines with NaN: a group may come late or go early.</summary>
        public void Extend(int lines)
        {
            while (_values.Count < lines)
            {
                _values.Add(double.NaN);
            }
        }
    }

    /// <summary>Makes all columns as long as the steps.</summary>
    public void Complete()
    {
        foreach (Column column in _rates.Concat(_layerLogits))
        {
            column.Extend(_steps.Count);
        }
    }
}
