namespace MuonSharp.Cli.Compare.Page;

/// <summary>How an optimizer is told from the others, the same in curves, legend and tables: by colour, and where those are used up by the line.</summary>
internal static class Look
{
    private const int Colors = 8;

    /// <summary>The classes of the style sheet.</summary>
    /// <param name="number">Number of the optimizer, from 0.</param>
    public static string Of(int number) => $"c{number % Colors}" + (number / Colors) switch
    {
        0 => "",
        1 => " dashed",
        _ => " dotted",
    };
}
