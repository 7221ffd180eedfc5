namespace MuonSharp.Nn.Tests.Reference;

/// <summary>Reproducible numbers for tests: splitmix64, written here so that no generator of the product is trusted.</summary>
internal sealed class TestNumbers(ulong seed)
{
    private ulong _state = seed;

    public ulong Next()
    {
        ulong z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>Uniform in [0, 1).</summary>
    public double Uniform() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in 0 .. bound - 1.</summary>
    public int Below(int bound) => (int)(Next() % (ulong)bound);

    /// <summary>Normal with mean 0 and variance 1 (Box-Muller).</summary>
    public double Normal() => Math.Sqrt(-2 * Math.Log(1 - Uniform())) * Math.Cos(2 * Math.PI * Uniform());

    /// <summary>Normal values that a float32 holds exactly: engine and reference start from the same numbers.</summary>
    public double[] Normals(int count, double scale = 1, double shift = 0)
    {
        double[] values = new double[count];
        for (int i = 0; i < count; i++) values[i] = (float)(shift + (scale * Normal()));
        return values;
    }

    /// <summary>Positions of documents of random lengths in a row; a sequence may begin inside of one, as far as the context reaches.</summary>
    public int[] Documents(int batch, int time, int context)
    {
        int[] positions = new int[batch * time];
        for (int i = 0, end = 0; i < positions.Length; i++)
        {
            bool first = i % time == 0;
            positions[i] = first ? Below(context - time + 1) : i == end ? 0 : positions[i - 1] + 1;
            if (first || i == end) end = i + 1 + Below(Below(2) == 0 ? 4 : time);
        }

        return positions;
    }

    public int[] Tokens(int count, int vocabulary)
    {
        int[] values = new int[count];
        for (int i = 0; i < count; i++) values[i] = Below(vocabulary);
        return values;
    }
}
