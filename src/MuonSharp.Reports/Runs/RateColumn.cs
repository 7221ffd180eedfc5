namespace MuonSharp.Reports;

/// <summary>The learning rate of a group: of each entry of <see cref="StepColumns"/> that of its last line.</summary>
/// <param name="name">The group.</param>
internal sealed class RateColumn(string name)
{
    private readonly List<double> _values = [];

    /// <summary>The group.</summary>
    public string Name => name;

    /// <summary>A value for each entry; NaN where it had none.</summary>
    public IReadOnlyList<double> Values => _values;

    /// <summary>Sets the value of the last of so many entries, in the column of that name.</summary>
    public static void Set(List<RateColumn> columns, string name, int entries, double value)
    {
        RateColumn? column = columns.Find(each => each.Name == name);
        if (column is null)
        {
            columns.Add(column = new(name));
        }

        column.Extend(entries);
        column._values[^1] = value;
    }

    /// <summary>Fills up to so many entries with NaN: a group may come late or go early.</summary>
    public void Extend(int entries)
    {
        while (_values.Count < entries)
        {
            _values.Add(double.NaN);
        }
    }

    /// <summary>Makes one entry of each two.</summary>
    public void Halve() => KeepLater(_values);

    /// <summary>The second of each two values; their number is even.</summary>
    public static void KeepLater(List<double> values)
    {
        for (int i = 0; i < values.Count / 2; i++)
        {
            values[i] = values[(2 * i) + 1];
        }

        values.RemoveRange(values.Count / 2, values.Count - (values.Count / 2));
    }
}
