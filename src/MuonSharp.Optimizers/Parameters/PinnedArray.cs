using System.Runtime.InteropServices;

namespace MuonSharp.Optimizers;

/// <summary>Holds an array in place until the last memory block that speaks of it is gone.</summary>
internal sealed unsafe class PinnedArray
{
    private GCHandle _handle;

    public PinnedArray(float[] array) => _handle = GCHandle.Alloc(array, GCHandleType.Pinned);

    ~PinnedArray() => _handle.Free();

    public float* Address => (float*)_handle.AddrOfPinnedObject();
}
