namespace MuonSharp.Numerics;

/// <summary>One vector register as the micro-kernels use it: the native width, not sixteen lanes.</summary>
/// <typeparam name="V">The register's type.</typeparam>
internal unsafe interface IRegister<V>
    where V : struct
{
    /// <summary>Floats in a register.</summary>
    static abstract int Count { get; }

    /// <summary>Rows of the largest tile whose accumulators, two registers a row, fit the register file; a multiple of 3.</summary>
    static abstract int TileRows { get; }

    static abstract V Zero { get; }

    static abstract V Load(float* source);

    static abstract void Store(float* destination, V value);

    static abstract V Broadcast(float* source);

    /// <summary>left times right plus addend, fused where the machine can.</summary>
    static abstract V MultiplyAdd(V left, V right, V addend);
}
