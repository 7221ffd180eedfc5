namespace MuonSharp.Numerics.Tests;

/// <summary>Native doubles for one test.</summary>
internal sealed unsafe class DoubleMemory(long length) : IDisposable
{
    private readonly NativeBuffer _buffer = new(2 * length);

    public double* Pointer => (double*)_buffer.Pointer;

    public Span<double> Span => new(Pointer, (int)length);

    public static DoubleMemory Of(double[] values)
    {
        var memory = new DoubleMemory(values.Length);
        values.CopyTo(memory.Span);
        return memory;
    }

    public static double[] Normal(string stream, int length)
    {
        float[] values = new float[length];
        new RandomStream(5, stream).FillNormal(values, 1, 0);
        return [.. values.Select(value => (double)value)];
    }

    public void Dispose() => _buffer.Dispose();
}
