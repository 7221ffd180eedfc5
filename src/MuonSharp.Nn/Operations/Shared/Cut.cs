namespace MuonSharp.Nn;

/// <summary>How loops over rows and elements are cut into tasks: by shape alone, so that results do not depend on the threads.</summary>
internal static class Cut
{
    /// <summary>Elements of a task: a few microseconds of work, well inside the nearest caches.</summary>
    public const int Elements = 8192;

    /// <summary>Rows of a task over rows of that width.</summary>
    public static int RowsPerTask(int columns) => Math.Max(1, Elements / columns);

    /// <summary>Number of pieces of a size that cover a length.</summary>
    public static int Pieces(long length, int size) => checked((int)((length + size - 1) / size));
}
