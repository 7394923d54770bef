using System.Net;

namespace Krewe.Engines.Http;

/// <summary>Which addresses may be dialled. Asked with the address itself, after names were resolved, so that a name cannot be turned elsewhere.</summary>
public interface IAddressPolicy
{
    bool IsAllowed(IPAddress address, int port);
}
