using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>The lanes that are left at the end of a row.</summary>
internal readonly unsafe struct Part : IExtent
{
    public static TVector Load<TLanes, TVector>(float* source, int left, float fill = 0)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct => LaneDispatch.LoadPart<TLanes, TVector>(source, left, fill);

    public static void Store<TLanes, TVector>(float* destination, TVector value, int left)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct => LaneDispatch.StorePart<TLanes, TVector>(destination, value, left);
}
