using Krewe.Core.Load;
using Krewe.Core.Requests;
using Krewe.Core.Routing;
using Krewe.Core.Routing.Prefix;

namespace Krewe.Fleet.Requests;

/// <content>What the prefix index knows of the prompt, and what it learns of it.</content>
public sealed partial class RequestActor
{
    /// <summary>A prefill's reservation is there for what is still to be computed; one that lasts to the answer's end, for the KV that it holds.</summary>
    private long TokensOf(InstanceView view, LegKind kind) => kind is LegKind.Prefill && !_spec!.Prefix.IsEmpty
        ? _slot!.Routing.Prefixes.UncachedTokens(view.Id, view.Epoch, _spec.Prefix.Span, _spec.PromptTokens)
        : _spec!.PromptTokens;

    /// <summary>Who computes the prompt has it in its cache, so this silo and the others are told; that it may fail before is forgotten in time.</summary>
    private void TeachPrefix(Binding binding)
    {
        if (!_spec!.Prefix.IsEmpty && _slot!.RoutingPolicy.UsesPrefixes)
        {
            _services.Publisher.Publish(new PrefixLesson(binding.Prefill.Instance, binding.Prefill.Epoch, _spec.Prefix));
        }
    }
}
