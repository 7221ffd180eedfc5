using MuonSharp.Numerics;

namespace MuonSharp.Cli.Bench;

/// <summary>Memory for a matrix of random numbers.</summary>
internal static class Operand
{
    /// <summary>Rows x columns normal numbers, the same ones every time.</summary>
    public static NativeBuffer Normal(string name, long rows, long columns)
    {
        var buffer = new NativeBuffer(rows * columns);
        new RandomStream(1, name).FillNormal(buffer.AsSpan(), 0, 0);
        return buffer;
    }
}
