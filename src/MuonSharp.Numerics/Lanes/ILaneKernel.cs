namespace MuonSharp.Numerics;

/// <summary>A kernel that is written once for all vector widths: a struct of pointers and sizes with a body generic over lanes.</summary>
public interface ILaneKernel
{
    /// <summary>The body.</summary>
    /// <typeparam name="TLanes">Arithmetic on sixteen lanes.</typeparam>
    /// <typeparam name="TVector">The registers that hold them.</typeparam>
    void Run<TLanes, TVector>()
        where TLanes : struct, ILanes<TVector>
        where TVector : struct;
}
