namespace MuonSharp.Numerics;

/// <summary>Plane rotations of rows i and i + 1, recorded to be applied many at a time. A full list is the signal to apply them.</summary>
internal unsafe struct RotationList(double* memory, int size)
{
    private const int Sweeps = 24;

    /// <summary>Doubles of a list for a matrix of that size.</summary>
    public static long Length(int size) => 3L * Sweeps * size;

    public int Count { get; private set; }

    /// <summary>Whether another whole sweep finds room.</summary>
    public readonly bool HasRoom => Count <= (Sweeps - 1) * size;

    public readonly double* Items => memory;

    public void Add(int row, double cosine, double sine)
    {
        double* item = memory + (3L * Count++);
        item[0] = row;
        item[1] = cosine;
        item[2] = sine;
    }

    public void Clear() => Count = 0;
}
