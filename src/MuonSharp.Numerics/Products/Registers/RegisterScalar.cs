using System.Runtime.CompilerServices;

namespace MuonSharp.Numerics;

/// <summary>One float: the path of machines without vectors.</summary>
internal readonly unsafe struct RegisterScalar : IRegister<float>
{
    public static int Count => 1;

    public static int TileRows => 6;

    public static float Zero => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Load(float* source) => *source;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* destination, float value) => *destination = value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Broadcast(float* source) => *source;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float MultiplyAdd(float left, float right, float addend) =>
        VectorWidth.HasFusedMultiplyAdd ? MathF.FusedMultiplyAdd(left, right, addend) : (left * right) + addend;
}
