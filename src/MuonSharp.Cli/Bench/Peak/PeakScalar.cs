namespace MuonSharp.Cli.Bench;

/// <summary>One float and no fused multiply-add: where the processor has none.</summary>
internal readonly struct PeakScalar : IPeakRegister<float>
{
    public static int Floats => 1;

    public static float Broadcast(float value) => value;

    public static float MultiplyAdd(float a, float b, float c) => (a * b) + c;

    public static float Add(float a, float b) => a + b;

    public static float First(float value) => value;
}
