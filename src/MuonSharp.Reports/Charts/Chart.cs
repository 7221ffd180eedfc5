namespace MuonSharp.Reports;

/// <summary>What a chart shows.</summary>
/// <param name="Title">Its heading, and what a screen reader calls it.</param>
/// <param name="Horizontal">Name and unit of the horizontal axis.</param>
/// <param name="Vertical">Unit of the vertical axis.</param>
/// <param name="Series">Lines and marks.</param>
internal sealed record Chart(string Title, string Horizontal, string Vertical, IReadOnlyList<Series> Series)
{
    /// <summary>Whether equal ratios, not equal differences, are equally far apart on the horizontal axis.</summary>
    public bool Logarithmic { get; init; }

    /// <summary>Whether there are only whole numbers on the horizontal axis.</summary>
    public bool Whole { get; init; }

    /// <summary>Whether a horizontal axis of equal differences begins at 0, where its numbers are not below.</summary>
    public bool FromZero { get; init; } = true;

    /// <summary>Whether it takes the whole width of the page.</summary>
    public bool Wide { get; init; }

    /// <summary>From which ratio of the greatest height to the least on equal ratios are equally far apart on the vertical axis too; infinity: never.</summary>
    public double LogarithmicFrom { get; init; } = double.PositiveInfinity;

    /// <summary>Height of a dashed line across; infinity for none.</summary>
    public double Target { get; init; } = double.PositiveInfinity;
}

/// <summary>A line of a chart, or marks without a line.</summary>
/// <param name="Label">What it stands for; a legend names each label once.</param>
/// <param name="Look">Classes of the style sheet: see <see cref="Reports.Look"/>.</param>
/// <param name="X">Places on the horizontal axis, ascending.</param>
/// <param name="Y">Places on the vertical axis, as many; a point with one that is not finite is a gap.</param>
/// <param name="Kind">How it is drawn.</param>
internal sealed record Series(string Label, string Look, IReadOnlyList<double> X, IReadOnlyList<double> Y, SeriesKind Kind = SeriesKind.Line)
{
    /// <summary>What a browser shows where the pointer rests on a point; null: nothing.</summary>
    public Func<int, string>? Hint { get; init; }

    /// <summary>How far each point may be off, up and down, drawn as a bar; null: no bars. One that is not finite has none.</summary>
    public IReadOnlyList<double>? Errors { get; init; }

    /// <summary>Height of the upper (+1) or lower (-1) end of a point's bar; of one without a bar its own.</summary>
    public double End(int point, int side) => Y[point] + (Errors is { } errors && double.IsFinite(errors[point]) ? side * errors[point] : 0);

    /// <summary>Numbers of the points that can be drawn.</summary>
    public IEnumerable<int> Finite => Enumerable.Range(0, X.Count).Where(IsFinite);

    /// <summary>Whether it is a point alone, which is no line.</summary>
    public bool IsOnePoint => Finite.Take(2).Count() == 1;

    /// <summary>The point whose place is nearest to another, by halves.</summary>
    public int Nearest(double place)
    {
        int below = 0, above = X.Count - 1;
        while (above - below > 1)
        {
            int middle = (below + above) / 2;
            (below, above) = X[middle] <= place ? (middle, above) : (below, middle);
        }

        return place - X[below] <= X[above] - place ? below : above;
    }

    /// <summary>Whether a point can be drawn.</summary>
    public bool IsFinite(int point) => double.IsFinite(X[point]) && double.IsFinite(Y[point]);
}

/// <summary>How a series is drawn.</summary>
internal enum SeriesKind
{
    /// <summary>A line.</summary>
    Line,

    /// <summary>A thin, pale line: what was measured, behind its mean.</summary>
    Raw,

    /// <summary>A line with a dot at each point, as long as they are few.</summary>
    Dots,

    /// <summary>Hollow marks without a line.</summary>
    Marks,
}

/// <summary>How lines are told from each other, the same in curves, legend and tables: by colour, and where those are used up by the line.</summary>
internal static class Look
{
    private const int Colors = 8;
    private const int Shades = 10;

    /// <summary>One of several things without an order: the classes of the style sheet.</summary>
    /// <param name="number">Its number, from 0.</param>
    public static string Of(int number) => $"c{number % Colors}" + (number / Colors) switch
    {
        0 => "",
        1 => " dashed",
        _ => " dotted",
    };

    /// <summary>One of several things in an order, such as layers: colours that go from one to the other.</summary>
    /// <param name="number">Its number, from 0.</param>
    /// <param name="count">How many there are.</param>
    public static string Shade(int number, int count) => $"r{(count < 2 ? 0 : (int)Math.Round(number * (Shades - 1) / (count - 1.0)))}";
}
