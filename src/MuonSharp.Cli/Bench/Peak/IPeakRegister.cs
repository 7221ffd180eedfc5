namespace MuonSharp.Cli.Bench;

/// <summary>One vector register, as far as the measuring of the peak needs it.</summary>
/// <typeparam name="TVector">What the register holds.</typeparam>
internal interface IPeakRegister<TVector>
    where TVector : struct
{
    /// <summary>Floats in the register.</summary>
    static abstract int Floats { get; }

    /// <summary>The value in every float.</summary>
    static abstract TVector Broadcast(float value);

    /// <summary>a b + c.</summary>
    static abstract TVector MultiplyAdd(TVector a, TVector b, TVector c);

    /// <summary>a + b.</summary>
    static abstract TVector Add(TVector a, TVector b);

    /// <summary>Any one float: what keeps the compiler from dropping the work.</summary>
    static abstract float First(TVector value);
}
